/**
 * What each Mistral on Bedrock accepts, as data. Sources, read in November 2026:
 * - text completion, its models and output caps:
 *   docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
 * - chat completion: …/model-parameters-mistral-chat-completion.html (Mistral Large 24.02 takes both forms, only this one
 *   has tools), …/model-parameters-mistral-large-2407.html, …/model-parameters-mistral-pixtral-large.html
 * - windows, output caps and images of Large 24.02, Pixtral and Magistral: the model cards,
 *   …/model-card-mistral-ai-*.html; the window of Large 3 and what of the others sees images: Mistral's own cards
 */
import { plainModelId } from "./model-id.ts";

export interface MistralModel {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** The most that `max_tokens` may ask for; undefined where not known. */
  readonly maxOutput?: number;
  /** `text`: a prompt in `[INST]`; `chat`: messages; `both`: text, but chat where tools are involved. */
  readonly form: "text" | "chat" | "both";
  readonly images: boolean;
  readonly reasoning: boolean;
}

const K = 1000;

const TEXT: MistralModel = {
  contextWindow: 32 * K,
  maxOutput: 8192,
  form: "text",
  images: false,
  reasoning: false,
};
const LARGE_2407: MistralModel = { ...TEXT, contextWindow: 128 * K, form: "chat" };
const VISION: MistralModel = { form: "chat", images: true, reasoning: false };

/** How ids without `mistral.` begin; the first match counts. */
const ROWS: readonly (readonly [prefix: string, model: MistralModel])[] = [
  ["mistral-7b-instruct", TEXT],
  ["mixtral-8x7b-instruct", { ...TEXT, maxOutput: 4096 }],
  ["mistral-small-2402", TEXT],
  ["mistral-large-2402", { ...TEXT, form: "both" }],
  ["mistral-large-2407", LARGE_2407],
  ["pixtral-large-2502", { ...LARGE_2407, maxOutput: 16 * K, images: true }],
  ["magistral-small-2509", { ...VISION, contextWindow: 128 * K, maxOutput: 40 * K, reasoning: true }],
  ["mistral-large-3-", { ...VISION, contextWindow: 256 * K }],
  ["ministral-3-", VISION],
  ["devstral-2-", { ...VISION, images: false }],
  ["voxtral-", { ...VISION, images: false }],
];

/** A Mistral that came after this table, or one behind an ARN that hides it. */
const NEWER: MistralModel = { form: "chat", images: true, reasoning: true };
/** Behind an ARN that hides the model, with `family: mistral-text`: what every model of this form accepts. */
const HIDDEN_TEXT: MistralModel = { maxOutput: 4096, form: "text", images: false, reasoning: false };

/** The values of `family:` that mean Mistral. For models whose id tells the form, they mean the same. */
export type MistralFamilyName = "mistral" | "mistral-text";

/**
 * What a Mistral model accepts.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 * @param family The configured family, for ARNs that do not tell the model.
 */
export function mistralModel(model: string, family: MistralFamilyName): MistralModel {
  const id = plainModelId(model);
  if (!id?.startsWith("mistral.")) return family === "mistral-text" ? HIDDEN_TEXT : NEWER;
  const name = id.slice("mistral.".length);
  return ROWS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? NEWER;
}
