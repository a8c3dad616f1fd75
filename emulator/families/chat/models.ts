/** The models whose body is OpenAI's chat completion, and the rules in which they differ. */
import { invalid } from "../../bedrock/errors.ts";

export interface ChatRules {
  readonly limitField: "max_tokens" | "max_completion_tokens";
  /** Asked for where the body says nothing. */
  readonly defaultTokens: number;
  readonly maxOutput: number;
  readonly context: number;
  readonly images: boolean;
  readonly tools: boolean;
  /** Strings that `tool_choice` may be; "function" also allows the object. Empty where the field is unknown. */
  readonly toolChoices: readonly string[];
  readonly efforts: readonly string[];
  readonly maxTemperature: number;
  readonly leastTopP: number;
  readonly mostStops: number;
  /** `response_format` types. */
  readonly formats: readonly string[];
  /** Further members of the body that are known: penalties, seed, ... */
  readonly extras: readonly string[];
  readonly turns: "any" | "system first" | "alternating";
  /** Refuses messages without content. */
  readonly refusesEmpty: boolean;
  /** How its reasoning appears: a pair of tags a delta, one pair for all of it, a field of its own. */
  readonly reasoning: "none" | "pairs" | "think" | "field";
  /** Whether only an inference profile can be called. */
  readonly profileOnly: boolean;
  /** How a stream ends: metrics with the finish reason, usage in a chunk of its own, usage in every chunk. */
  readonly usage: "metrics" | "own chunk" | "every chunk";
}

const OPEN: ChatRules = {
  limitField: "max_tokens",
  defaultTokens: 4096,
  maxOutput: 131_072,
  context: 131_072,
  images: false,
  tools: true,
  toolChoices: ["auto", "none", "required", "function"],
  efforts: [],
  maxTemperature: 2,
  leastTopP: 1e-6,
  mostStops: 16,
  formats: ["json_schema"],
  extras: ["parallel_tool_calls"],
  turns: "any",
  refusesEmpty: false,
  reasoning: "none",
  profileOnly: false,
  usage: "metrics",
};
const GPT_OSS: ChatRules = {
  ...OPEN,
  limitField: "max_completion_tokens",
  maxOutput: 16_384,
  context: 131_072,
  efforts: ["low", "medium", "high"],
  mostStops: 4,
  extras: ["parallel_tool_calls", "frequency_penalty", "presence_penalty"],
  reasoning: "pairs",
  usage: "own chunk",
};
const KIMI: ChatRules = {
  ...OPEN,
  maxOutput: 16_384,
  context: 262_144,
  toolChoices: ["auto", "none", "function"],
  maxTemperature: 1,
  refusesEmpty: true,
  reasoning: "pairs",
};
const THINKER: ChatRules = { ...OPEN, context: 196_608, reasoning: "think" };
const GEMMA: ChatRules = { ...OPEN, maxOutput: 8192, images: true, turns: "alternating" };
const JAMBA: ChatRules = {
  ...OPEN,
  maxOutput: 4096,
  context: 256_000,
  toolChoices: [],
  leastTopP: 0.01,
  formats: ["json_object"],
  extras: ["n", "frequency_penalty", "presence_penalty"],
  turns: "system first",
  usage: "every chunk",
};
const PALMYRA: ChatRules = {
  ...OPEN,
  defaultTokens: 16,
  maxOutput: 8192,
  context: 1_040_000,
  mostStops: 4,
  formats: [],
  extras: ["min_tokens", "seed", "frequency_penalty", "presence_penalty"],
  profileOnly: true,
};

const MODELS: ReadonlyMap<string, ChatRules> = new Map([
  ["openai.gpt-oss-20b-1:0", GPT_OSS],
  ["openai.gpt-oss-120b-1:0", GPT_OSS],
  ["openai.gpt-oss-safeguard-20b", GPT_OSS],
  ["openai.gpt-oss-safeguard-120b", GPT_OSS],
  ["qwen.qwen3-32b-v1:0", { ...OPEN, maxOutput: 16_384, context: 32_768 }],
  ["qwen.qwen3-coder-30b-a3b-v1:0", { ...OPEN, context: 262_144 }],
  ["qwen.qwen3-235b-a22b-2507-v1:0", { ...OPEN, context: 262_144 }],
  ["qwen.qwen3-coder-480b-a35b-v1:0", { ...OPEN, maxOutput: 65_536 }],
  ["qwen.qwen3-coder-next", OPEN],
  ["qwen.qwen3-next-80b-a3b", { ...OPEN, context: 262_144, reasoning: "think" }],
  ["qwen.qwen3-vl-235b-a22b", { ...OPEN, images: true }],
  ["moonshot.kimi-k2-thinking", KIMI],
  ["moonshotai.kimi-k2.5", { ...KIMI, images: true }],
  ["minimax.minimax-m2", { ...THINKER, formats: [] }],
  ["minimax.minimax-m2.1", { ...THINKER, formats: [] }],
  ["minimax.minimax-m2.5", { ...THINKER, maxOutput: 98_304, formats: [] }],
  ["zai.glm-4.7", { ...THINKER, reasoning: "field" }],
  ["zai.glm-4.7-flash", { ...THINKER, reasoning: "field" }],
  ["zai.glm-5", { ...THINKER, maxOutput: 101_376, reasoning: "field" }],
  ["google.gemma-3-4b-it", { ...GEMMA, formats: [] }],
  ["google.gemma-3-12b-it", GEMMA],
  ["google.gemma-3-27b-it", GEMMA],
  ["nvidia.nemotron-nano-9b-v2", THINKER],
  ["nvidia.nemotron-nano-12b-v2", { ...THINKER, images: true }],
  ["nvidia.nemotron-nano-3-30b", THINKER],
  ["nvidia.nemotron-super-3-120b", THINKER],
  ["deepseek.v3-v1:0", { ...OPEN, maxOutput: 81_920, context: 163_840 }],
  ["deepseek.v3.2", { ...OPEN, maxOutput: 81_920, context: 163_840, reasoning: "field" }],
  ["ai21.jamba-instruct-v1:0", { ...JAMBA, tools: false, formats: [] }],
  ["ai21.jamba-1-5-mini-v1:0", JAMBA],
  ["ai21.jamba-1-5-large-v1:0", JAMBA],
  ["writer.palmyra-x4-v1:0", { ...PALMYRA, context: 122_880 }],
  ["writer.palmyra-x5-v1:0", PALMYRA],
]);

/** A model imported into Bedrock, called with messages. */
const IMPORTED: ChatRules = {
  ...OPEN,
  images: true,
  formats: ["json_object", "json_schema"],
  extras: [...GPT_OSS.extras, "seed"],
};

const PROFILE = /^us\.(?=writer\.)/;
const ARN_OF_NAMED = /^arn:aws[\w-]*:bedrock:[\w-]*:\d*:(?:foundation-model|inference-profile)\/(.+)$/;
const IMPORTED_ARN = /^arn:aws[\w-]*:bedrock:[\w-]*:\d*:(?:imported-model|custom-model-deployment)\//;

/** Whether `modelId` is the ARN of a model that its owner brought along. */
export function isImported(modelId: string): boolean {
  return IMPORTED_ARN.test(modelId);
}

/** The part of an id or ARN that names the model, with its profile's prefix. */
export function namedModel(modelId: string): string {
  return ARN_OF_NAMED.exec(modelId)?.[1] ?? modelId;
}

/** The rules of a model. Throws Bedrock's error for ids that do not exist or need an inference profile. */
export function rulesOf(modelId: string): ChatRules {
  if (isImported(modelId)) return IMPORTED;
  const name = namedModel(modelId);
  const id = name.replace(PROFILE, "");
  const rules = MODELS.get(id);
  if (!rules) throw invalid("The provided model identifier is invalid.");
  if (rules.profileOnly && name === id) {
    throw invalid(
      `Invocation of model ID ${id} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    );
  }
  return rules;
}
