/**
 * Meta's Llama on Bedrock. Sources, read in November 2026:
 * - windows, images: the model cards, docs.aws.amazon.com/bedrock/latest/userguide/model-card-meta-llama-*.html; for Scout
 *   sources disagree (3.5 or 10 million tokens), so it has none
 * - `max_gen_len`: refused above 2048 up to Llama 3.1 ("#/max_gen_len: 8192 is not less or equal to 2048", live reports),
 *   which counts for 3.2 as well; the cards say 4K for 3.3 and 8K for 4
 * - streaming of Llama 4: ListFoundationModels says so, and what it refuses is "tool use in streaming mode"
 * - lifecycle: …/userguide/model-lifecycle-legacy.html, …/model-card-meta-llama-3-3-70b-instruct.html
 */
import { KNOWN, TEXT_ONLY } from "./converse.ts";
import type { ConverseModel, LlamaModel } from "./facts.ts";
import { legacy, type ModelRow, modelRow, type RowOf, type RowOptions, retired } from "./row.ts";

const K = 1000;

const LLAMA_2: LlamaModel = {
  contextWindow: 4096,
  maxOutput: 2048,
  template: "llama2",
  images: false,
  tools: false,
  reasoning: false,
  streaming: true,
};
const LLAMA_3: LlamaModel = { ...LLAMA_2, contextWindow: 8192, template: "llama3" };
const LLAMA_3_1: LlamaModel = { ...LLAMA_3, contextWindow: 128 * K };
const LLAMA_3_2_VISION: LlamaModel = { ...LLAMA_3_1, images: true };
const LLAMA_3_3: LlamaModel = { ...LLAMA_3_1, maxOutput: 4096 };
const SCOUT: LlamaModel = {
  maxOutput: 8192,
  template: "llama4",
  images: true,
  tools: false,
  reasoning: false,
  streaming: true,
};
const LLAMA_4: LlamaModel = { ...SCOUT, contextWindow: 1000 * K };

const WITH_TOOLS: ConverseModel = {
  ...KNOWN,
  streaming: "without tools",
  toolChoice: "auto",
  textBesideResults: false,
};

const row = (
  name: string,
  llama: LlamaModel,
  converse: ConverseModel = WITH_TOOLS,
  options: RowOptions = {},
): RowOf<"llama"> => ({ ...modelRow(`meta.${name}`, "llama", llama, { converse, ...options }), llama });

export const META: readonly ModelRow[] = [
  row("llama2-", LLAMA_2, TEXT_ONLY, retired()),
  row("llama3-8b-", LLAMA_3, TEXT_ONLY),
  row("llama3-70b-", LLAMA_3, TEXT_ONLY),
  row("llama3-1-", LLAMA_3_1),
  row("llama3-2-", LLAMA_3_1, TEXT_ONLY, retired()),
  row("llama3-2-11b-", LLAMA_3_2_VISION, WITH_TOOLS, retired()),
  row("llama3-2-90b-", LLAMA_3_2_VISION, WITH_TOOLS, retired()),
  row("llama3-3-", LLAMA_3_3, WITH_TOOLS, legacy("2027-03-30")),
  row("llama3-", LLAMA_3_3),
  row("llama4-scout-", SCOUT),
  row("llama4-maverick-", LLAMA_4),
  row("", LLAMA_4),
];

const { contextWindow: _three, ...HIDDEN_3 } = LLAMA_3;

/** Behind an ARN that hides the model, by the name in `family:`: what every model of that generation accepts. */
export const HIDDEN_LLAMAS: Readonly<Record<"llama" | "llama2" | "llama4", RowOf<"llama">>> = {
  llama: row("", HIDDEN_3),
  llama2: row("", LLAMA_2, TEXT_ONLY),
  llama4: row("", SCOUT),
};
