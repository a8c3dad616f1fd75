/**
 * Mistral on Bedrock. Sources, read in November 2026:
 * - text completion, its models and output caps:
 *   docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
 * - chat completion: …/model-parameters-mistral-chat-completion.html (Mistral Large 24.02 takes both forms, only this one
 *   has tools), …/model-parameters-mistral-large-2407.html, …/model-parameters-mistral-pixtral-large.html
 * - windows, output caps and images: the model cards, …/model-card-mistral-ai-*.html; of Large 3, Ministral, Devstral and
 *   Voxtral: models.dev
 * - streamed tools: refused by what came before Large 3, seen with all that came since (live probes of ConverseStream)
 */
import { KNOWN, TEXT_ONLY } from "./converse.ts";
import type { ConverseModel, MistralModel } from "./facts.ts";
import { type ModelRow, modelRow, type RowOf, type RowOptions } from "./row.ts";

const K = 1000;

const TEXT: MistralModel = {
  contextWindow: 32 * K,
  maxOutput: 8192,
  form: "text",
  images: false,
  tools: false,
  reasoning: false,
  streaming: true,
};
const LARGE_2407: MistralModel = { ...TEXT, contextWindow: 128 * K, form: "chat", tools: true };
const VISION: MistralModel = { ...LARGE_2407, images: true };
const SMALL: MistralModel = { ...VISION, maxOutput: 4096 };
const LARGE_3: MistralModel = { ...VISION, contextWindow: 262_144 };

const TEXT_BY_CONVERSE: ConverseModel = { ...TEXT_ONLY, system: false };
const OLD: ConverseModel = { ...KNOWN, streaming: "without tools", textBesideResults: false };
const NEW: ConverseModel = { ...OLD, streaming: "always", structuredOutput: true };
const CONVERSE: RowOptions = { surface: "converse" };

const row = (
  name: string,
  mistral: MistralModel,
  converse: ConverseModel,
  options?: RowOptions,
): RowOf<"mistral"> => ({
  ...modelRow(`mistral.${name}`, "mistral", mistral, { converse, ...options }),
  mistral,
});

export const MISTRAL: readonly ModelRow[] = [
  row("mistral-7b-instruct", TEXT, TEXT_BY_CONVERSE),
  row("mixtral-8x7b-instruct", { ...TEXT, maxOutput: 4096 }, TEXT_BY_CONVERSE),
  row("mistral-small-2402", TEXT, { ...OLD, toolChoice: "auto", documents: false }),
  row("mistral-large-2402", { ...TEXT, form: "both", tools: true }, OLD),
  row("mistral-large-2407", LARGE_2407, OLD, CONVERSE),
  row("pixtral-large-2502", { ...VISION, maxOutput: 16 * K }, OLD, CONVERSE),
  row("magistral-small-2509", { ...VISION, maxOutput: 40 * K, reasoning: true }, NEW, CONVERSE),
  row("mistral-large-3-", LARGE_3, NEW, CONVERSE),
  row("ministral-3-", SMALL, NEW, CONVERSE),
  row("ministral-3-3b-instruct", { ...VISION, contextWindow: 256 * K }, NEW, CONVERSE),
  row("devstral-2-", { ...LARGE_3, images: false }, NEW, CONVERSE),
  row("voxtral-mini-", { ...SMALL, contextWindow: 32_768, images: false }, NEW, CONVERSE),
  row("voxtral-", { ...VISION, contextWindow: 32_768, images: false }, NEW, CONVERSE),
  row("", LARGE_3, NEW, CONVERSE),
];

const { contextWindow: _window, maxOutput: _cap, ...CHAT_WITHOUT_LIMITS } = VISION;
const { contextWindow: _text, ...TEXT_WITHOUT_WINDOW } = TEXT;

/** Behind an ARN that hides the model, by the name in `family:`: what every model of that form accepts. */
export const HIDDEN_MISTRALS: Readonly<Record<"mistral" | "mistral-text", RowOf<"mistral">>> = {
  mistral: row("", { ...CHAT_WITHOUT_LIMITS, reasoning: true }, OLD),
  "mistral-text": row("", { ...TEXT_WITHOUT_WINDOW, maxOutput: 4096 }, TEXT_BY_CONVERSE),
};
