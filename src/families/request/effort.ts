/** `reasoning_effort` within the levels that a model knows. */
import type { ReasoningEffort } from "../../chat/request.ts";

/** From the least to the most. */
const EFFORTS: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * The nearest level to the one that is asked for.
 * @param levels Those that the model knows, from the least to the most.
 * @param dropped Gets `reasoning_effort` where it is another one; one step of the least is not worth a report.
 * @returns undefined where the model knows none.
 */
export function nearestEffort<Level extends ReasoningEffort>(
  wanted: ReasoningEffort,
  levels: readonly Level[],
  dropped: Set<string>,
): Level | undefined {
  // Only "none" itself turns reasoning off.
  const able = levels.filter((level) => level !== "none" || wanted === "none");
  const nearest = able.findLast((level) => EFFORTS.indexOf(level) <= EFFORTS.indexOf(wanted)) ?? able[0];
  const same = nearest === wanted || (nearest === "low" && wanted === "minimal");
  if (!same) dropped.add("reasoning_effort");
  return nearest;
}
