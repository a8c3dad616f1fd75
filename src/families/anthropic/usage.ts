/** Claude's token counts. */
import { firstCounts, type TokenCounts } from "../bedrock-fields.ts";
import { asCount, asObject } from "../json.ts";

/** Reads a `usage` object; undefined where there is none. */
export function claudeCounts(value: unknown): TokenCounts | undefined {
  const usage = asObject(value);
  if (usage === undefined) return undefined;
  return {
    input: asCount(usage.input_tokens),
    output: asCount(usage.output_tokens),
    cacheRead: asCount(usage.cache_read_input_tokens),
    cacheWrite: asCount(usage.cache_creation_input_tokens),
  };
}

/** Where a stream's counts come from. */
export interface CountSources {
  /** `message_start`: the prompt's counts are final, the output's are of the first few tokens. */
  start?: TokenCounts | undefined;
  /** `message_delta`: the totals. */
  total?: TokenCounts | undefined;
  /** `amazon-bedrock-invocationMetrics`, which count fewer output tokens than the model where it calls tools. */
  metrics?: TokenCounts | undefined;
}

/** The best count of each kind: the model's total, then its start; for output its start comes last. */
export function bestCounts({ start, total, metrics }: CountSources): TokenCounts {
  return { ...firstCounts(total, start, metrics), output: firstCounts(total, metrics, start).output };
}
