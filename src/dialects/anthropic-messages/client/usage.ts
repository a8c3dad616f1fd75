/** Token counts as Anthropic counts: `input_tokens` is what was neither read from nor written to a cache. */
import type { Usage } from "../../../chat/delta.ts";
import type { JsonObject } from "../../../lib/json.ts";

/** Undefined counts as nothing known yet. */
export function wireUsage(usage: Usage | undefined): JsonObject {
  const { promptTokens = 0, completionTokens = 0, cachedTokens = 0, cacheWriteTokens = 0 } = usage ?? {};
  const { cacheWrite1hTokens: hour, reasoningTokens } = usage ?? {};
  return {
    input_tokens: Math.max(0, promptTokens - cachedTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedTokens,
    ...(hour !== undefined && {
      cache_creation: {
        ephemeral_5m_input_tokens: Math.max(0, cacheWriteTokens - hour),
        ephemeral_1h_input_tokens: hour,
      },
    }),
    output_tokens: completionTokens,
    ...(reasoningTokens !== undefined && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  };
}
