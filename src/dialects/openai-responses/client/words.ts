/** A conversation's place in a request, which families know as messages, in the words of a Responses client. */
import type { RouterError } from "../../../errors.ts";

/**
 * What an error says, about `input` where it is about `messages`: items and messages are not counted alike. Of what is stored, the
 * client knows nothing but the id.
 */
export function inputWords({ param, message }: RouterError): {
  readonly param: string | null;
  readonly message: string;
} {
  const [, place] = /^(messages|previous_response_id)(?:$|[.[])/.exec(param ?? "") ?? [];
  if (place === undefined) return { param, message };
  const own = place === "messages" ? "input" : place;
  return { param: own, message: message.replace(`'${param}'`, `'${own}'`) };
}
