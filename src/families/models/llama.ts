/**
 * What each Llama on Bedrock accepts, as data. Sources, read in November 2026:
 * - windows, images: the model cards, docs.aws.amazon.com/bedrock/latest/userguide/model-card-meta-llama-*.html; for Scout
 *   sources disagree (3.5 or 10 million tokens), so it has none
 * - `max_gen_len`: refused above 2048 up to Llama 3.1 ("#/max_gen_len: 8192 is not less or equal to 2048", live reports),
 *   which counts for 3.2 as well until somebody knows better; public code calls 3.3 and 4 with 8192, and the card of
 *   Maverick says 8K
 * - streaming: an AWS page says no for Llama 4, live reports of ConverseStream suggest yes. A whole answer that is streamed
 *   on late still serves the client, a refused call does not: no, until a recording shows it.
 */
import { plainModelId } from "./model-id.ts";

export interface LlamaModel {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** The most that `max_gen_len` may ask for; a higher number is a 400. */
  readonly maxOutput: number;
  /** Which prompt template it was trained on. */
  readonly template: "llama2" | "llama3" | "llama4";
  readonly images: boolean;
  /** Takes InvokeModelWithResponseStream. */
  readonly streaming: boolean;
}

const K = 1000;

const LLAMA_2: LlamaModel = {
  contextWindow: 4096,
  maxOutput: 2048,
  template: "llama2",
  images: false,
  streaming: true,
};
const LLAMA_3: LlamaModel = { ...LLAMA_2, contextWindow: 8192, template: "llama3" };
const LLAMA_3_1: LlamaModel = { ...LLAMA_3, contextWindow: 128 * K };
const LLAMA_3_2_VISION: LlamaModel = { ...LLAMA_3_1, images: true };
const LLAMA_3_3: LlamaModel = { ...LLAMA_3_1, maxOutput: 8192 };
const LLAMA_4: LlamaModel = {
  contextWindow: 1000 * K,
  maxOutput: 8192,
  template: "llama4",
  images: true,
  streaming: false,
};

/** How ids without `meta.` begin; the first match counts. */
const ROWS: readonly (readonly [prefix: string, model: LlamaModel])[] = [
  ["llama2-", LLAMA_2],
  ["llama3-1-", LLAMA_3_1],
  ["llama3-2-11b-", LLAMA_3_2_VISION],
  ["llama3-2-90b-", LLAMA_3_2_VISION],
  ["llama3-2-", LLAMA_3_1],
  ["llama3-3-", LLAMA_3_3],
  ["llama3-", LLAMA_3],
  ["llama4-maverick-", LLAMA_4],
];

/** Scout, and any Llama that came after this table: like the newest known one, as far as nobody knows better. */
const { contextWindow: _window, ...NEWER } = LLAMA_4;

/** Behind an ARN that hides the model, by the name in `family:`: what every model of that generation accepts. */
const { contextWindow: _three, ...HIDDEN_3 } = LLAMA_3;
const HIDDEN = { llama: HIDDEN_3, llama2: LLAMA_2, llama4: NEWER } as const satisfies Record<
  string,
  LlamaModel
>;

/** The values of `family:` that mean Llama. For models whose id tells the generation, they all mean the same. */
export type LlamaFamilyName = keyof typeof HIDDEN;

/**
 * What a Llama model accepts.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 * @param family The configured family, for ARNs that do not tell the generation.
 */
export function llamaModel(model: string, family: LlamaFamilyName): LlamaModel {
  const id = plainModelId(model);
  if (!id?.startsWith("meta.llama")) return HIDDEN[family];
  const name = id.slice("meta.".length);
  return ROWS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? NEWER;
}
