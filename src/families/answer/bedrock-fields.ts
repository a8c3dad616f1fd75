/**
 * What Bedrock adds to every model's own JSON, whatever the family: the guardrail's verdict and the token counts of
 * `amazon-bedrock-invocationMetrics` (streams) or the `X-Amzn-Bedrock-*-Token-Count` headers (whole answers).
 */
import type { TokenCounts, Usage } from "../../chat/delta.ts";
import type { JsonObject } from "../../chat/request.ts";
import { asCount, asObject } from "../../lib/json.ts";

export type { TokenCounts } from "../../chat/delta.ts";

const METRICS = "amazon-bedrock-invocationMetrics";

/** Whether a guardrail replaced (part of) the answer that this chunk or body belongs to. */
export function guardrailIntervened(payload: JsonObject): boolean {
  return payload["amazon-bedrock-guardrailAction"] === "INTERVENED";
}

/**
 * Whether this is the last chunk of an answer that a guardrail blocked. It has the model's shape but not the reason that
 * every chunk of the model's own has.
 */
export function replacedByGuardrail(payload: JsonObject): boolean {
  const last = "amazon-bedrock-trace" in payload || METRICS in payload;
  return last && guardrailIntervened(payload);
}

/** The counts that Bedrock merges into the last chunk of a stream; undefined where this chunk has none. */
export function invocationMetrics(payload: JsonObject): TokenCounts | undefined {
  const metrics = asObject(payload[METRICS]);
  if (metrics === undefined) return undefined;
  return {
    input: asCount(metrics.inputTokenCount),
    output: asCount(metrics.outputTokenCount),
    cacheRead: asCount(metrics.cacheReadInputTokenCount),
    cacheWrite: asCount(metrics.cacheWriteInputTokenCount),
  };
}

/** The counts that Bedrock puts into the headers of a non-streaming answer. */
export function headerCounts(headers: Headers): TokenCounts {
  return {
    input: headerCount(headers, "input-token-count"),
    output: headerCount(headers, "output-token-count"),
    cacheRead: headerCount(headers, "cache-read-input-token-count"),
    cacheWrite: headerCount(headers, "cache-write-input-token-count"),
  };
}

function headerCount(headers: Headers, name: string): number | undefined {
  const value = headers.get(`x-amzn-bedrock-${name}`);
  return value === null || value.trim() === "" ? undefined : asCount(Number(value));
}

/** Takes each count from the first source that has it. */
export function firstCounts(...sources: readonly (TokenCounts | undefined)[]): TokenCounts {
  const pick = (key: keyof TokenCounts) => sources.find((source) => source?.[key] !== undefined)?.[key];
  return {
    input: pick("input"),
    output: pick("output"),
    cacheRead: pick("cacheRead"),
    cacheWrite: pick("cacheWrite"),
    cacheWrite1h: pick("cacheWrite1h"),
    reasoning: pick("reasoning"),
  };
}

/**
 * OpenAI's usage, whose prompt tokens include what was read from and written to a cache.
 * @returns undefined unless both sides of the bill are known: half a count would read as a cheap answer.
 */
export function usageOf(counts: TokenCounts): Usage | undefined {
  const { input, output, cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0, reasoning } = counts;
  if (input === undefined || output === undefined) return undefined;
  return {
    promptTokens: input + cacheRead + cacheWrite,
    completionTokens: output,
    ...(cacheRead > 0 && { cachedTokens: cacheRead }),
    ...(cacheWrite > 0 && { cacheWriteTokens: cacheWrite }),
    ...(cacheWrite1h > 0 && { cacheWrite1hTokens: cacheWrite1h }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  };
}
