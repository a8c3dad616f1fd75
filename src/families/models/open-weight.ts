/**
 * What each open-weight model with OpenAI's body takes on Bedrock, as data. Sources, read in November 2026:
 * - gpt-oss: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html; it refuses `n` and `logit_bias`,
 *   as every model here does through the router's common policy
 * - windows, images and reasoning: models.dev (July 2026) and AWS model cards as others quote them
 * - output caps: gpt-oss and Kimi as reported from live calls (16,384), the others from models.dev; none where sources
 *   contradict each other
 * - structured output (`response_format` json_schema, strict tools): …/userguide/structured-output.html; which models:
 *   models.dev
 * - Kimi: no `tool_choice` "required", temperature 0 to 1 (LiteLLM), one `<reasoning>` pair a delta, raw tool calls
 *   (reports from live use)
 * - gpt-5 and grok are documented for Bedrock's /openai/v1; refusals as LiteLLM lists them
 * Shapes seen on the wire: gpt-oss, Qwen, Kimi. The others are served in the same way as far as is known.
 */
import { type ChatModel, PLAIN } from "./chat-model.ts";
import { plainModelId } from "./model-id.ts";

const K = 1024;

/** Bedrock's own servers use `<reasoning>`, the models' templates `<think>`. */
const REASONING_TAGS = ["reasoning", "think"];
const OPEN: ChatModel = { ...PLAIN, shape: { reasoningTags: REASONING_TAGS } };

const GPT_OSS: ChatModel = {
  ...OPEN,
  contextWindow: 128_000,
  maxOutput: 16 * K,
  maxTokensField: "max_completion_tokens",
  reasoning: true,
  efforts: ["low", "medium", "high"],
  maxStops: 4,
  penalties: true,
  shape: { reasoningTags: REASONING_TAGS, reasoningPairs: true },
};
const GPT_5: ChatModel = {
  ...GPT_OSS,
  images: true,
  efforts: ["none", "low", "medium", "high", "xhigh"],
  maxStops: 0,
  penalties: false,
};
const { contextWindow: _window, maxOutput: _cap, ...GPT_5_WITHOUT_LIMITS } = GPT_5;

const KIMI: ChatModel = {
  ...OPEN,
  contextWindow: 256 * K - 1,
  maxOutput: 16 * K,
  reasoning: true,
  toolChoices: ["none", "function"],
  maxTemperature: 1,
  shape: { reasoningTags: REASONING_TAGS, reasoningPairs: true, rawToolCalls: true },
};
const REASONER: ChatModel = { ...OPEN, reasoning: true };
const MINIMAX: ChatModel = { ...REASONER, constrained: false };
const GEMMA: ChatModel = {
  ...PLAIN,
  contextWindow: 128 * K,
  maxOutput: 8 * K,
  images: true,
  turns: "alternating",
};
const DEEPSEEK: ChatModel = { ...REASONER, contextWindow: 160 * K, maxOutput: 80 * K };

/** By plain id without its version. An id that ends in a dot or hyphen stands for all that begin with it. */
const ROWS: readonly (readonly [id: string, model: ChatModel])[] = [
  ["openai.gpt-oss-", GPT_OSS],
  ["openai.", GPT_5_WITHOUT_LIMITS],
  ["qwen.qwen3-32b", { ...OPEN, contextWindow: 32 * K, maxOutput: 16 * K, reasoning: true }],
  ["qwen.qwen3-235b-a22b-2507", { ...OPEN, contextWindow: 256 * K, maxOutput: 128 * K }],
  ["qwen.qwen3-coder-30b-a3b", { ...OPEN, contextWindow: 256 * K, maxOutput: 128 * K }],
  ["qwen.qwen3-coder-480b-a35b", { ...OPEN, contextWindow: 128 * K, maxOutput: 64 * K }],
  ["qwen.qwen3-coder-next", { ...OPEN, contextWindow: 256 * K }],
  ["qwen.qwen3-next-80b-a3b", { ...OPEN, contextWindow: 256 * K }],
  ["qwen.qwen3-vl-235b-a22b", { ...OPEN, contextWindow: 256 * K, images: true }],
  ["qwen.", OPEN],
  ["moonshot.kimi-k2-thinking", KIMI],
  ["moonshotai.kimi-k2.5", { ...KIMI, images: true }],
  ["moonshot.", KIMI],
  ["moonshotai.", KIMI],
  ["minimax.minimax-m2", { ...MINIMAX, contextWindow: 192 * K }],
  ["minimax.minimax-m2.1", { ...MINIMAX, contextWindow: 192 * K }],
  ["minimax.minimax-m2.5", { ...MINIMAX, contextWindow: 192 * K, maxOutput: 96 * K }],
  ["minimax.", MINIMAX],
  ["zai.glm-4.7", { ...REASONER, contextWindow: 198 * K }],
  ["zai.glm-4.7-flash", { ...REASONER, contextWindow: 198 * K }],
  ["zai.glm-5", { ...REASONER, contextWindow: 198 * K, maxOutput: 99 * K }],
  ["zai.", REASONER],
  ["google.gemma-3-4b-it", { ...GEMMA, constrained: false }],
  ["google.", GEMMA],
  ["nvidia.nemotron-nano-9b-v2", { ...REASONER, contextWindow: 128 * K }],
  ["nvidia.nemotron-nano-12b-v2", { ...REASONER, contextWindow: 128 * K, images: true }],
  ["nvidia.nemotron-nano-3-30b", { ...REASONER, contextWindow: 256 * K }],
  ["nvidia.nemotron-super-3-120b", { ...REASONER, contextWindow: 256 * K }],
  ["nvidia.", REASONER],
  ["deepseek.", DEEPSEEK],
  ["xai.", REASONER],
];

/**
 * A model that its id does not tell: imported into Bedrock, or behind an ARN of its own. Imported models take OpenAI's
 * body since November 2025, with both kinds of `response_format`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
 */
const IMPORTED: ChatModel = {
  ...OPEN,
  images: true,
  reasoning: true,
  jsonObject: true,
  penalties: true,
  seed: true,
  shape: { reasoningTags: REASONING_TAGS, reasoningPairs: true },
};

/** `-v1:0`, `-1:0`. */
const VERSION = /(?:-v?\d+)?:.*$/;

/**
 * What a model takes.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 */
export function openAiShapedModel(model: string): ChatModel {
  const id = plainModelId(model)?.replace(VERSION, "");
  if (id === undefined) return IMPORTED;
  return ROWS.find(([row]) => (/[.-]$/.test(row) ? id.startsWith(row) : id === row))?.[1] ?? IMPORTED;
}
