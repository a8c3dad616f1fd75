/**
 * Cache points as InvokeModel wants them for Nova: inside the text block that they mark. One behind anything else is a
 * 400, as it is in Converse where tools are called.
 */
import type { JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { type CachedLists, isCachePoint, limitCachePoints } from "../converse/cache-points.ts";

/**
 * As limitCachePoints, for points that then move into their text.
 * @returns the tools, and whether any point was removed or shortened.
 */
export function placeCachePoints(
  lists: CachedLists,
  places: ConverseModel["cachePoints"],
): { readonly tools: readonly JsonObject[]; readonly changed: boolean } {
  const contents = [lists.system, ...lists.messages.map(({ content }) => content)];
  let misplaced = false;
  for (const list of contents) {
    const fit = list.filter((block, index) => !isCachePoint(block) || "text" in (list[index - 1] ?? {}));
    misplaced ||= fit.length < list.length;
    list.splice(0, list.length, ...fit);
  }
  const { tools, changed } = limitCachePoints(lists, places);
  for (const list of contents) list.splice(0, list.length, ...list.flatMap(joined));
  return { tools, changed: changed || misplaced };
}

/** A block with the point that stands behind it; nothing for the point itself. */
function joined(block: JsonObject, index: number, list: readonly JsonObject[]): JsonObject[] {
  const next = list[index + 1];
  return isCachePoint(block) ? [] : [{ ...block, ...(next && isCachePoint(next) && next) }];
}
