/** Where a model stands in a loop of tool calls, when something that is no question came after the results. */
import type { JsonObject } from "../json.ts";

/**
 * The messages behind the newest calls; none where the user has asked since. An agent's context block, or what stands
 * between results and such a block because a model wants its roles to alternate, is no question.
 */
export function sinceCalls(
  messages: readonly JsonObject[],
  calls: (message: JsonObject) => boolean,
  asks: (message: JsonObject) => boolean,
): readonly JsonObject[] {
  const called = messages.findLastIndex(calls);
  return called > messages.findLastIndex(asks) ? messages.slice(called + 1) : [];
}
