/**
 * Amazon's models. Sources, read in November 2026:
 * - Nova's windows: docs.aws.amazon.com/bedrock/latest/userguide/model-card-amazon-nova-*.html; its output caps:
 *   docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html (10k), for Nova 2
 *   …/nova/latest/nova2-userguide/what-is-nova-2.html. The cards' other numbers (5k, 25k) are not what the service enforces
 * - images and reasoning: …/nova/latest/userguide/modalities.html, …/nova2-userguide/extended-thinking.html
 * - caching: docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 * - Titan Text: …/bedrock/latest/userguide/model-parameters-titan-text.html, …/titan-text-models.html
 */
import { THREE_LEVELS } from "./chat.ts";
import { TEXT_ONLY, UNKNOWN } from "./converse.ts";
import type { BaseFacts, ConverseModel, NovaModel } from "./facts.ts";
import { type ModelRow, modelRow, type RowOf, type RowOptions, retired } from "./row.ts";

const K = 1000;

const NOVA_1: NovaModel = {
  contextWindow: 300 * K,
  maxOutput: 10 * K,
  images: true,
  tools: true,
  reasoning: false,
  streaming: true,
  caching: true,
};
const NOVA_2: NovaModel = { ...NOVA_1, contextWindow: 1000 * K, maxOutput: 65_535, reasoning: true };

function novaByConverse({ reasoning, caching }: NovaModel): ConverseModel {
  return {
    ...UNKNOWN,
    toolChoice: "tool",
    plainToolNames: true,
    flatSchemas: true,
    resultStatus: "error",
    stopSequences: true,
    prefill: true,
    cachePoints: caching ? "text" : "nowhere",
    effort: reasoning ? "nova" : "none",
    efforts: reasoning ? THREE_LEVELS : [],
  };
}

function row(name: string, nova: NovaModel, options: RowOptions = {}): RowOf<"nova"> {
  const converse = novaByConverse(nova);
  return { ...modelRow(`amazon.${name}`, "nova", nova, { converse, ...options }), nova };
}

const MICRO: NovaModel = { ...NOVA_1, contextWindow: 128 * K, images: false };

const TITAN: BaseFacts = { images: false, tools: false, reasoning: false, streaming: true };
const TITAN_BY_CONVERSE: ConverseModel = { ...TEXT_ONLY, system: false };

function titan(name: string, contextWindow: number, maxOutput: number, documents = true): ModelRow {
  const converse = { ...TITAN_BY_CONVERSE, documents };
  return modelRow(
    `amazon.${name}`,
    "titan",
    { ...TITAN, contextWindow, maxOutput },
    { converse, ...retired() },
  );
}

export const AMAZON: readonly ModelRow[] = [
  row("nova-micro", MICRO, { converse: { ...novaByConverse(MICRO), documents: false } }),
  row("nova-lite", NOVA_1),
  row("nova-pro", NOVA_1),
  row("nova-premier", { ...NOVA_1, contextWindow: 1000 * K }, retired()),
  row("nova-2-lite", NOVA_2),
  row("nova-2-pro", NOVA_2),
  row("nova-", NOVA_2),
  titan("titan-text-lite", 4096, 4096),
  titan("titan-text-express", 8192, 8192),
  titan("titan-text-premier", 32_768, 3072, false),
  modelRow("amazon.titan-text-", "titan", TITAN, { converse: TITAN_BY_CONVERSE, ...retired() }),
  modelRow("amazon.titan-tg1-", "titan", TITAN, { converse: TITAN_BY_CONVERSE, ...retired() }),
];

/** Behind an ARN that hides the model: only what every Nova accepts. */
export const HIDDEN_NOVA: RowOf<"nova"> = row("", {
  images: true,
  tools: true,
  reasoning: false,
  streaming: true,
  caching: false,
});
/** Behind an ARN that hides the model. */
export const HIDDEN_TITAN: ModelRow = modelRow("", "titan", TITAN, { converse: TITAN_BY_CONVERSE });
