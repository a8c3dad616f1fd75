import type { Usage } from "../../../chat/delta.ts";
import type { JsonObject } from "../../../chat/request.ts";

/** Token counts in OpenAI's words; the details appear where a cache took part. */
export function wireUsage(usage: Usage): JsonObject {
  const { promptTokens, completionTokens, cachedTokens, cacheWriteTokens, reasoningTokens } = usage;
  const cache = cachedTokens !== undefined || cacheWriteTokens !== undefined;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(cache && {
      prompt_tokens_details: {
        cached_tokens: cachedTokens ?? 0,
        cache_write_tokens: cacheWriteTokens ?? 0,
      },
    }),
    ...(reasoningTokens !== undefined && {
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    }),
  };
}
