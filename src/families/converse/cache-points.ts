/**
 * Cache points within what a model takes: at most four, those for one hour before those for five minutes, in the order
 * tools, system, messages.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import type { CacheControl, JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { asObject } from "../../lib/json.ts";
import type { BlockMessage } from "../request/turns.ts";

const MAX_POINTS = 4;

/** The lists of a request that may hold cache points. */
export interface CachedLists {
  readonly tools: readonly JsonObject[];
  readonly system: JsonObject[];
  readonly messages: readonly BlockMessage[];
}

/** A `cache_control` hint as the block that follows what it marks; limitCachePoints takes out what is not allowed. */
export function cachePoint(cacheControl: CacheControl | undefined): JsonObject[] {
  if (cacheControl === undefined) return [];
  const { ttl } = cacheControl;
  return [{ cachePoint: { type: "default", ...(ttl && { ttl }) } }];
}

/**
 * Removes or shortens what the model would refuse; `system` and the messages are changed in place. The last points stay,
 * because each covers everything before it.
 * @param places Where the model takes cache points; "nowhere" also where the target has no cache.
 * @param hours Whether it takes those of an hour.
 * @returns the tools, and whether anything was changed.
 */
export function limitCachePoints(
  { tools, system, messages }: CachedLists,
  places: ConverseModel["cachePoints"],
  hours = places === "anywhere",
): { readonly tools: readonly JsonObject[]; readonly changed: boolean } {
  const allowed = messages.filter(
    ({ role, content }) => places === "anywhere" || (role === "user" && !content.some(isToolBlock)),
  );
  const lists = [
    ...(places === "anywhere" ? [tools] : []),
    ...(places === "nowhere" ? [] : [system, ...allowed.map(({ content }) => content)]),
  ];
  const kept = new Set(lists.flatMap(usefulPoints).slice(-MAX_POINTS));
  let changed = shorten([...kept], hours);
  const withoutRest = (list: readonly JsonObject[]): JsonObject[] =>
    list.filter((block) => !isCachePoint(block) || kept.has(block));
  for (const list of [system, ...messages.map(({ content }) => content)]) {
    const left = withoutRest(list);
    changed ||= left.length < list.length;
    list.splice(0, list.length, ...left);
  }
  const leftTools = withoutRest(tools);
  return { tools: leftTools, changed: changed || leftTools.length < tools.length };
}

/** Two points in a row mark the same prefix: the last one counts. */
function usefulPoints(list: readonly JsonObject[]): JsonObject[] {
  return list.filter((block, index) => {
    const next = list[index + 1];
    return isCachePoint(block) && (next === undefined || !isCachePoint(next));
  });
}

/** Takes the hour from points that must not have it. */
function shorten(points: readonly JsonObject[], hours: boolean): boolean {
  let changed = false;
  let short = !hours;
  for (const point of points) {
    const hour = asObject(point.cachePoint)?.ttl === "1h";
    changed ||= hour && short;
    if (short) point.cachePoint = { type: "default" };
    short ||= !hour;
  }
  return changed;
}

/** Whether a block is a cache point. */
export function isCachePoint(block: JsonObject): boolean {
  return "cachePoint" in block;
}

function isToolBlock(block: JsonObject): boolean {
  return "toolUse" in block || "toolResult" in block;
}
