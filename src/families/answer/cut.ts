/** Cuts an answer at a stop sequence, for APIs and models that know none: as if the model had stopped there. */
import type { Delta } from "../../chat/delta.ts";
import { stopMatcher } from "./stop-matcher.ts";

/** @returns what is to become of the deltas of each read, in order. */
export function cutAt(stops: readonly string[]): (deltas: readonly Delta[]) => Delta[] {
  const matcher = stopMatcher(stops);
  let stop: string | undefined;
  const taken = (delta: Delta): readonly Delta[] => {
    switch (delta.type) {
      case "text": {
        const given = matcher.push(delta.text);
        stop = given.stop;
        return given.text === "" ? [] : [{ type: "text", text: given.text }];
      }
      case "tool_start":
      case "finish": {
        const rest = stop === undefined ? matcher.end() : "";
        const held: readonly Delta[] = rest === "" ? [] : [{ type: "text", text: rest }];
        if (stop === undefined) return [...held, delta];
        if (delta.type === "tool_start") return [];
        // The model may have run into its length, or called a tool, behind the stop sequence.
        return delta.reason === "content_filter" ? [delta] : [{ type: "finish", reason: "stop", stop }];
      }
      case "usage":
      case "error":
        return [delta];
      default:
        return stop === undefined ? [delta] : [];
    }
  };
  return (deltas) => deltas.flatMap(taken);
}
