/** Stop sequences applied to an answer's deltas, for models that take none themselves. */
import type { Delta } from "../contracts.ts";
import { stopMatcher } from "./stop-matcher.ts";

/**
 * A filter for the deltas of one answer. Behind a stop sequence only usage and the end are left; the end still waits for
 * the model's own, which alone tells that the answer arrived whole, and becomes `stop`.
 */
export function stopDeltas(stops: readonly string[]): (deltas: readonly Delta[]) => Delta[] {
  const matcher = stopMatcher(stops);
  let stopped = false;
  let called = false;

  /** Lets out what was held back for a stop sequence that did not come. */
  const release = (out: Delta[]): void => {
    const text = matcher.end();
    if (text !== "") out.push({ type: "text", text });
  };
  const pass = (delta: Delta, out: Delta[]): void => {
    if (delta.type === "text") {
      const given = matcher.push(delta.text);
      stopped = given.stopped;
      if (given.text !== "") out.push({ type: "text", text: given.text });
    } else if (stopped) {
      if (delta.type === "finish") out.push(atStop(delta, called));
      else if (delta.type === "usage" || delta.type === "error") out.push(delta);
    } else {
      called ||= delta.type === "tool_start";
      if (delta.type !== "reasoning") release(out);
      out.push(delta);
    }
  };
  return (deltas) => {
    const out: Delta[] = [];
    for (const delta of deltas) pass(delta, out);
    return out;
  };
}

/** The model may have run into its length after the stop sequence, or called tools there. */
function atStop(delta: Extract<Delta, { type: "finish" }>, called: boolean): Delta {
  if (delta.reason === "content_filter") return delta;
  return { type: "finish", reason: called ? "tool_calls" : "stop" };
}
