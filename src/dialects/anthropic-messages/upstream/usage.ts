/** Anthropic's token counts as neutral ones. */
import type { TokenCounts, Usage } from "../../../chat/delta.ts";
import { asCount, asObject, type JsonObject } from "../../../lib/json.ts";

/**
 * @param usage The member of that name of an event, or of a whole answer.
 * @param before What was counted so far: later counts stand for earlier ones.
 */
export function countsOf(usage: unknown, before: TokenCounts = {}): TokenCounts {
  const {
    cache_creation: creation,
    output_tokens_details: details,
    ...own
  }: JsonObject = asObject(usage) ?? {};
  return {
    input: asCount(own.input_tokens) ?? before.input,
    output: asCount(own.output_tokens) ?? before.output,
    cacheRead: asCount(own.cache_read_input_tokens) ?? before.cacheRead,
    cacheWrite: asCount(own.cache_creation_input_tokens) ?? before.cacheWrite,
    cacheWrite1h: asCount(asObject(creation)?.ephemeral_1h_input_tokens) ?? before.cacheWrite1h,
    reasoning: asCount(asObject(details)?.thinking_tokens) ?? before.reasoning,
  };
}

/** Undefined before anything was counted. */
export function usageOf({
  input,
  output,
  cacheRead,
  cacheWrite,
  cacheWrite1h,
  reasoning,
}: TokenCounts): Usage | undefined {
  if (input === undefined && output === undefined) return undefined;
  return {
    promptTokens: (input ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0),
    completionTokens: output ?? 0,
    ...(cacheRead !== undefined && { cachedTokens: cacheRead }),
    ...(cacheWrite !== undefined && { cacheWriteTokens: cacheWrite }),
    ...(cacheWrite1h !== undefined && { cacheWrite1hTokens: cacheWrite1h }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  };
}
