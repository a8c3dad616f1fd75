/**
 * What each Amazon Nova model accepts, as data. Sources, read in November 2026:
 * - windows: docs.aws.amazon.com/bedrock/latest/userguide/model-card-amazon-nova-*.html
 * - output caps: docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html (10k); for Nova 2
 *   docs.aws.amazon.com/nova/latest/nova2-userguide/what-is-nova-2.html. The cards' other numbers (5k, 25k) are not what
 *   the service enforces.
 * - images and reasoning: …/nova/latest/userguide/modalities.html, …/nova2-userguide/extended-thinking.html
 * - caching: docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import { plainModelId } from "./model-id.ts";

export interface NovaModel {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** Most tokens that `maxTokens` may ask for; a higher number is a 400. Undefined where not known. */
  readonly maxOutput?: number;
  readonly images: boolean;
  /** Takes `reasoningConfig`. */
  readonly reasoning: boolean;
  /** Takes `cachePoint`. */
  readonly caching: boolean;
}

const K = 1000;

const NOVA_1: NovaModel = {
  contextWindow: 300 * K,
  maxOutput: 10 * K,
  images: true,
  reasoning: false,
  caching: true,
};
const NOVA_2: NovaModel = { ...NOVA_1, contextWindow: 1000 * K, maxOutput: 65_535, reasoning: true };

/** Ids without `amazon.` and version. */
const ROWS: ReadonlyMap<string, NovaModel> = new Map([
  ["nova-micro", { ...NOVA_1, contextWindow: 128 * K, images: false }],
  ["nova-lite", NOVA_1],
  ["nova-pro", NOVA_1],
  ["nova-premier", { ...NOVA_1, contextWindow: 1000 * K }],
  ["nova-2-lite", NOVA_2],
  ["nova-2-pro", NOVA_2],
]);

/** A Nova that came after this table, or one behind an ARN that hides it: only what every Nova accepts. */
const UNKNOWN: NovaModel = { images: true, reasoning: false, caching: false };

/** `-v1:0`, `-v1:0:24k`. */
const VERSION = /(?:-v\d+)?(?::.*)?$/;

/**
 * What a Nova model accepts.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 */
export function novaModel(model: string): NovaModel {
  const id = plainModelId(model) ?? "";
  return ROWS.get(id.replace(/^amazon\./, "").replace(VERSION, "")) ?? UNKNOWN;
}
