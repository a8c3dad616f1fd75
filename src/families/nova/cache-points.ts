/**
 * Cache points within Nova's limits: at most four, in system text and user messages. One on a message with a tool call
 * or result, on a tool, or behind an image is a 400.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import type { JsonObject } from "../../openai/types.ts";
import type { Conversation } from "./messages.ts";

const MAX_POINTS = 4;

/**
 * Removes, in place, what the model would refuse. The last points stay, because each covers everything before it.
 * @param allowed False where the model or the target has no cache.
 * @returns whether anything was removed.
 */
export function limitCachePoints({ system, messages }: Conversation, allowed: boolean): boolean {
  const plain = messages.filter(({ role, content }) => role === "user" && !content.some(isToolBlock));
  const places = [...system, ...plain.flatMap(({ content }) => content)].filter((block) => "text" in block);
  const kept = new Set(allowed ? places.filter(isCachePoint).slice(-MAX_POINTS) : []);
  const removed = [...system, ...messages.flatMap(({ content }) => content.flatMap(withInner))].filter(
    (block) => isCachePoint(block) && !kept.has(block),
  );
  for (const block of removed) delete block.cachePoint;
  return removed.length > 0;
}

/** A block and, of a tool result, the blocks inside it. */
function withInner(block: JsonObject): JsonObject[] {
  const inner = toolContent(block.toolResult);
  return [block, ...inner];
}

function toolContent(result: unknown): JsonObject[] {
  if (typeof result !== "object" || result === null || !("content" in result)) return [];
  return Array.isArray(result.content) ? result.content : [];
}

function isToolBlock(block: JsonObject): boolean {
  return "toolUse" in block || "toolResult" in block;
}

function isCachePoint(block: JsonObject): boolean {
  return block.cachePoint !== undefined;
}
