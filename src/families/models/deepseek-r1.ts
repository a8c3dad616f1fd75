/**
 * DeepSeek-R1 on Bedrock. Sources, read in November 2026:
 * - ranges: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-deepseek.html (`max_tokens` up to 32,768, `stop`
 *   up to ten sequences; AWS finds the answers worse above 8,192 tokens)
 * - window: …/userguide/model-card-deepseek-deepseek-r1.html
 */
export const DEEPSEEK_R1 = {
  /** Tokens of prompt and answer together. */
  contextWindow: 128_000,
  /** The most that `max_tokens` may ask for. */
  maxOutput: 32_768,
  /** The most stop sequences. */
  maxStops: 10,
} as const;
