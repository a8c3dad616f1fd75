/**
 * The other models with OpenAI's body, by maker. Sources, read in November 2026:
 * - windows, output caps, images and reasoning: models.dev and AWS's model cards; no cap where sources contradict each
 *   other; Kimi K2's as reported from live calls (16,384)
 * - structured output (`response_format` json_schema, strict tools):
 *   docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html; which models: models.dev
 * - Kimi K2: no `tool_choice` "required", temperature 0 to 1 (LiteLLM), one `<reasoning>` pair a delta, raw tool calls (reports
 *   from live use)
 * - Kimi K3: …/userguide/model-card-moonshot-ai-kimi-k3.html; it refuses temperature, topP and cachePoint on Converse, and
 *   streams empty answers on InvokeModel (live reports); tiers on chat and responses alone
 * - Grok: …/userguide/model-card-xai-grok-4-6.html; no temperature, topP or stop. The field of its effort on Converse, and
 *   that of Kimi K3 and GLM 5.3, is not verified
 * - GLM 5.3: …/userguide/model-card-zai-glm-5-3.html
 * - Gemma 4 and Grok 4.3 are served at bedrock-mantle alone: …/userguide/models-endpoint-availability.html
 * Shapes seen on InvokeModel's wire: Qwen and Kimi K2. The others are called by Converse.
 */
import { chatRow, converseRow, OPEN, PLAIN, REASONER, REASONING_TAGS, THREE_LEVELS } from "./chat.ts";
import { openWeight, TEXT_ONLY } from "./converse.ts";
import type { BaseFacts, ChatModel } from "./facts.ts";
import { type ModelRow, modelRow, type RowOptions } from "./row.ts";

const K = 1024;
const MANTLE: RowOptions = { surface: "chat", endpoint: "mantle" };

/** Told its effort in a field of its own. */
const selectable = (chat: ChatModel): RowOptions => ({
  converse: { ...openWeight(chat), effort: "reasoning_effort", efforts: chat.efforts },
});

const QWEN: ChatModel = { ...OPEN, contextWindow: 256 * K, maxOutput: 64 * K };

const QWEN_ROWS: readonly ModelRow[] = [
  chatRow("qwen.qwen3-32b", { ...OPEN, contextWindow: 32 * K, maxOutput: 16 * K, reasoning: true }),
  chatRow("qwen.qwen3-235b-a22b-2507", { ...QWEN, maxOutput: 128 * K }),
  chatRow("qwen.qwen3-coder-30b-a3b", { ...QWEN, maxOutput: 128 * K }),
  chatRow("qwen.qwen3-coder-480b-a35b", { ...QWEN, contextWindow: 128 * K }),
  chatRow("qwen.qwen3-coder-next", QWEN),
  chatRow("qwen.qwen3-next-80b-a3b", { ...OPEN, contextWindow: 256 * K }),
  chatRow("qwen.qwen3-vl-235b-a22b", { ...OPEN, contextWindow: 256 * K, images: true }),
  chatRow("qwen.", QWEN),
];

const KIMI_K2: ChatModel = {
  ...REASONER,
  contextWindow: 256 * K - 1,
  maxOutput: 16 * K,
  toolChoices: ["none", "function"],
  maxTemperature: 1,
  shape: { reasoningTags: REASONING_TAGS, reasoningPairs: true, rawToolCalls: true },
};
const KIMI_K3: ChatModel = {
  ...KIMI_K2,
  contextWindow: 1024 * K,
  maxOutput: 128_000,
  images: true,
  sampling: "none",
  efforts: ["low", "high", "max"],
};
const K3: RowOptions = { ...selectable(KIMI_K3), tiers: "open", cacheMinimum: 1024 };

const KIMI_ROWS: readonly ModelRow[] = [
  chatRow("moonshot.", KIMI_K2),
  chatRow("moonshotai.kimi-k2-", KIMI_K2),
  chatRow("moonshotai.kimi-k2.5", { ...KIMI_K2, images: true }),
  converseRow("moonshotai.kimi-k3", KIMI_K3, K3),
  converseRow("moonshotai.kimi-k3.1", KIMI_K3, K3),
  converseRow("moonshotai.", KIMI_K3, K3),
];

const GROK: ChatModel = {
  ...REASONER,
  contextWindow: 500_000,
  maxOutput: 500_000,
  images: true,
  sampling: "none",
  maxStops: 0,
  efforts: ["low", "medium", "high", "xhigh"],
};
const GROK_4_3: ChatModel = { ...GROK, contextWindow: 1_000_000, maxOutput: 128 * K };

const GROK_ROWS: readonly ModelRow[] = [
  converseRow("xai.grok-4.3", GROK_4_3, { ...selectable(GROK_4_3), ...MANTLE }),
  converseRow("xai.", GROK, selectable(GROK)),
];

const GLM: ChatModel = { ...REASONER, contextWindow: 198 * K };
const GLM_5_3: ChatModel = {
  ...REASONER,
  contextWindow: 1_000_000,
  maxOutput: 128_000,
  efforts: THREE_LEVELS,
};
const GLM_5_3_OPTIONS: RowOptions = { ...selectable(GLM_5_3), cacheMinimum: 1024 };

const GLM_ROWS: readonly ModelRow[] = [
  converseRow("zai.glm-4.7", { ...GLM, maxOutput: 128 * K }),
  converseRow("zai.glm-4.7-flash", { ...GLM, maxOutput: 128 * K }),
  converseRow("zai.glm-5", { ...GLM, maxOutput: 99 * K }),
  converseRow("zai.", GLM_5_3, GLM_5_3_OPTIONS),
];

const GEMMA_3: ChatModel = {
  ...PLAIN,
  contextWindow: 128 * K,
  maxOutput: 8 * K,
  images: true,
  turns: "alternating",
};
const GEMMA_4: ChatModel = { ...REASONER, contextWindow: 256 * K, maxOutput: 32 * K, images: true };

const GEMMA_ROWS: readonly ModelRow[] = [
  converseRow("google.gemma-3-4b-it", { ...GEMMA_3, constrained: false }),
  converseRow("google.gemma-3-", GEMMA_3),
  converseRow("google.gemma-4-e2b", { ...GEMMA_4, contextWindow: 128 * K, maxOutput: 8 * K }, MANTLE),
  converseRow("google.", GEMMA_4, MANTLE),
];

const MINIMAX: ChatModel = { ...REASONER, contextWindow: 192 * K, constrained: false };

const MINIMAX_ROWS: readonly ModelRow[] = [
  converseRow("minimax.minimax-m2", { ...MINIMAX, maxOutput: 128_000 }),
  converseRow("minimax.minimax-m2.1", { ...MINIMAX, maxOutput: 128 * K }),
  converseRow("minimax.", { ...MINIMAX, maxOutput: 96 * K }),
];

const NANO: ChatModel = { ...REASONER, contextWindow: 128 * K, maxOutput: 8 * K };
const SUPER: ChatModel = { ...REASONER, contextWindow: 256 * K, maxOutput: 128 * K };

const NEMOTRON_ROWS: readonly ModelRow[] = [
  converseRow("nvidia.nemotron-nano-9b-v2", NANO),
  converseRow("nvidia.nemotron-nano-12b-v2", { ...NANO, images: true }),
  converseRow("nvidia.nemotron-nano-3-30b", { ...NANO, contextWindow: 256 * K }),
  converseRow("nvidia.", SUPER),
];

const DEEPSEEK: ChatModel = { ...REASONER, contextWindow: 160 * K, maxOutput: 80 * K };
/** AWS finds its answers worse above 8,192 tokens. …/userguide/model-parameters-deepseek.html, …/model-card-deepseek-deepseek-r1.html */
const R1: BaseFacts = {
  contextWindow: 128_000,
  maxOutput: 32_768,
  images: false,
  tools: false,
  reasoning: true,
  streaming: true,
};

const DEEPSEEK_ROWS: readonly ModelRow[] = [
  modelRow("deepseek.r1", "deepseek-r1", R1, { converse: TEXT_ONLY }),
  converseRow("deepseek.", DEEPSEEK),
];

export const OPEN_WEIGHT: readonly ModelRow[] = [
  ...QWEN_ROWS,
  ...KIMI_ROWS,
  ...GROK_ROWS,
  ...GLM_ROWS,
  ...GEMMA_ROWS,
  ...MINIMAX_ROWS,
  ...NEMOTRON_ROWS,
  ...DEEPSEEK_ROWS,
];

/** Behind an ARN that hides the model. */
export const HIDDEN_R1: ModelRow = modelRow("", "deepseek-r1", R1, { converse: TEXT_ONLY });
