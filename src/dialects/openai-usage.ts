/** OpenAI's token counts as neutral ones, of chat completions and of Responses. */
import type { Usage } from "../chat/delta.ts";
import { asCount, asObject } from "../lib/json.ts";

/** OpenAI's `usage`; undefined where it does not say. */
export interface ChatUsage {
  /** With those of a cache. */
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly cached: number | undefined;
  readonly cacheWrite: number | undefined;
  readonly reasoning: number | undefined;
}

/** @param input How the field is called that counts the prompt; `output`: the answer. */
export function readUsage(value: unknown, input: string, output: string): ChatUsage | undefined {
  const usage = asObject(value);
  if (usage === undefined) return undefined;
  const prompt = asObject(usage[`${input}_details`]);
  return {
    prompt: asCount(usage[input]),
    completion: asCount(usage[output]),
    cached: asCount(prompt?.cached_tokens),
    cacheWrite: asCount(prompt?.cache_write_tokens),
    reasoning: asCount(asObject(usage[`${output}_details`])?.reasoning_tokens),
  };
}

/** Undefined unless both sides of the bill are known: half a count would read as a cheap answer. */
export function usageOf(counts: ChatUsage | undefined): Usage | undefined {
  if (counts === undefined) return undefined;
  const { prompt, completion, cached, cacheWrite, reasoning } = counts;
  if (prompt === undefined || completion === undefined) return undefined;
  return {
    promptTokens: prompt,
    completionTokens: completion,
    ...(cached !== undefined && { cachedTokens: cached }),
    ...(cacheWrite !== undefined && { cacheWriteTokens: cacheWrite }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  };
}
