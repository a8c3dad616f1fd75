/** Anthropic's token counts as neutral ones. */
import type { Usage } from "../../../chat/delta.ts";
import { asCount, asObject, type JsonObject } from "../../../lib/json.ts";

/** What an answer has counted so far; later counts stand for earlier ones. */
export interface Counts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  /** Those among the cache writes that are kept for an hour. */
  readonly cacheWrite1h?: number | undefined;
  /** Those among the output that were spent on thinking. */
  readonly reasoning?: number | undefined;
}

/** @param usage The member of that name of an event, or of a whole answer. */
export function countsOf(usage: unknown, before: Counts = {}): Counts {
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
}: Counts): Usage | undefined {
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
