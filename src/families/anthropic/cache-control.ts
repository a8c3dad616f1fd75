/**
 * Prompt cache breakpoints within Claude's limits: at most four, those for one hour before those for five minutes.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import type { JsonObject } from "../../chat/request.ts";
import { asObject } from "../../lib/json.ts";

const MAX_BREAKPOINTS = 4;

/**
 * Removes or shortens, in place, what the model would refuse. The last breakpoints stay, because each covers everything
 * before it.
 * @param blocks Tools, system blocks and content blocks in prompt order.
 * @param takes Nothing where the model or the target has no cache, else whether marks may ask for an hour.
 * @returns whether anything was changed.
 */
export function limitCacheControl(
  blocks: readonly JsonObject[],
  takes: "nothing" | "minutes" | "hours",
): boolean {
  const marked = blocks.filter((block) => block.cache_control !== undefined);
  const kept = takes !== "nothing" ? marked.slice(-MAX_BREAKPOINTS) : [];
  const removed = marked.slice(0, marked.length - kept.length);
  for (const block of removed) delete block.cache_control;
  let changed = removed.length > 0;
  let short = takes === "minutes";
  for (const block of kept) {
    const hour = asObject(block.cache_control)?.ttl === "1h";
    if (hour && short) {
      block.cache_control = { type: "ephemeral" };
      changed = true;
    }
    short ||= !hour;
  }
  return changed;
}
