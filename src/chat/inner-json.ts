/** JSON inside of a request's texts, which families parse: arguments of calls, and what the tools gave. */
import { RouterError } from "../errors.ts";
import { weighed } from "../lib/json-text.ts";
import type { ChatMessage } from "./request.ts";

/** Of all of them together: more than fit into 8 MiB of what tools really give. */
const MAX_VALUES = 1_000_000;

/**
 * A result that is too much by itself is none that is parsed: it is a text then.
 * @throws RouterError `invalid_value` where arguments are nested too deep, or all together hold too many values.
 */
export function checkInnerJson(messages: readonly ChatMessage[]): void {
  let values = 0;
  const add = (text: string, param: string, isArguments: boolean): void => {
    const weight = weighed(text);
    if (weight.why === undefined) values += weight.values;
    else if (isArguments) throw invalid(param, weight.why);
    if (values > MAX_VALUES) {
      throw invalid(param, `the JSON of calls and results holds more than ${MAX_VALUES} values`);
    }
  };
  for (const message of messages) {
    if (message.role === "assistant") {
      for (const call of message.toolCalls) {
        add(call.arguments, `arguments of the call ${call.id.slice(0, 64)}`, true);
      }
    } else if (message.role === "tool") {
      for (const part of message.content) {
        if (part.type === "text" && /^\s*[[{]/.test(part.text)) add(part.text, part.param, false);
      }
    }
  }
}

function invalid(param: string, why: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${why}.`, { param });
}
