/**
 * OpenAI's models on Bedrock. Sources, read in November 2026:
 * - gpt-oss: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html; it refuses `n` and `logit_bias`, as
 *   every model here does through the router's common policy. Its cap of 16,384 tokens is reported from live calls
 * - GPT-5.6 and later: …/userguide/model-card-openai-gpt-6-1-sol.html; windows and caps from models.dev. Converse answers
 *   temperature and topP with "This model doesn't support the temperature field. Remove temperature and try again."
 *   (vercel/ai, recorded). GPT-6 refuses the effort `none` (live report); `max` is not verified
 * - GPT-5.4 and 5.5 are served at bedrock-mantle alone: …/userguide/models-endpoint-availability.html
 */
import { chatRow, converseRow, OPEN, REASONING_TAGS, THREE_LEVELS } from "./chat.ts";
import { KNOWN, openWeight } from "./converse.ts";
import type { ChatModel, ConverseModel } from "./facts.ts";
import type { ModelRow, RowOptions } from "./row.ts";

const K = 1024;

const GPT_OSS: ChatModel = {
  ...OPEN,
  contextWindow: 128_000,
  maxOutput: 16 * K,
  maxTokensField: "max_completion_tokens",
  reasoning: true,
  efforts: THREE_LEVELS,
  maxStops: 4,
  penalties: true,
  shape: { reasoningTags: REASONING_TAGS, reasoningPairs: true },
};
const GPT_6: ChatModel = {
  ...GPT_OSS,
  contextWindow: 1_050_000,
  maxOutput: 128_000,
  images: true,
  sampling: "none",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  maxStops: 0,
  penalties: false,
};
const GPT_5_6: ChatModel = { ...GPT_6, efforts: ["none", ...GPT_6.efforts] };
const GPT_5: ChatModel = { ...GPT_5_6, contextWindow: 1_000_000 };

function closedByConverse({ efforts }: ChatModel): ConverseModel {
  return {
    ...KNOWN,
    sampling: "none",
    structuredOutput: "strict",
    strictTools: true,
    effort: "reasoning.effort",
    efforts,
  };
}

const closed = (id: string, chat: ChatModel, options: RowOptions = {}): ModelRow =>
  converseRow(`openai.${id}`, chat, { tiers: "none", converse: closedByConverse(chat), ...options });

/** No `bedrock-runtime` serves them. */
const MANTLE: RowOptions = { surface: "responses", endpoint: "mantle" };

export const OPENAI: readonly ModelRow[] = [
  chatRow("openai.gpt-oss-", GPT_OSS, {
    converse: { ...openWeight(GPT_OSS), effort: "reasoning_effort", efforts: THREE_LEVELS },
  }),
  closed("gpt-5.4", GPT_5, MANTLE),
  closed("gpt-5.5", GPT_5, MANTLE),
  closed("gpt-5.6-cyber", GPT_5_6, MANTLE),
  closed("gpt-5.6-", GPT_5_6, { cacheMinimum: 1024 }),
  closed("daybreak-", GPT_5_6, MANTLE),
  closed("", GPT_6),
];
