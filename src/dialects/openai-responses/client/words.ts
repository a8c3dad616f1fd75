/** A conversation's place in a request, which families know as messages, in the words of a Responses client. */
import type { RouterError } from "../../../errors.ts";

/** What an error says, about `input` where it is about `messages`: items and messages are not counted alike. */
export function inputWords({ param, message }: RouterError): {
  readonly param: string | null;
  readonly message: string;
} {
  if (param === null || !/^messages(?:$|[.[])/.test(param)) return { param, message };
  return { param: "input", message: message.replace(`'${param}'`, "'input'") };
}
