/**
 * What each Amazon Titan Text model accepts, as data. Sources, read in November 2026:
 * - output caps: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
 * - windows: docs.aws.amazon.com/bedrock/latest/userguide/titan-text-models.html
 */
import { plainModelId } from "./model-id.ts";

export interface TitanModel {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** Most tokens that `maxTokenCount` may ask for; a higher number is a 400. Undefined where not known. */
  readonly maxOutput?: number;
}

/** Ids without `amazon.`, version and context size. */
const ROWS: ReadonlyMap<string, TitanModel> = new Map([
  ["titan-text-lite", { contextWindow: 4096, maxOutput: 4096 }],
  ["titan-text-express", { contextWindow: 8192, maxOutput: 8192 }],
  ["titan-text-premier", { contextWindow: 32_768, maxOutput: 3072 }],
]);

/** `-v1`, `-v1:0:8k`. */
const VERSION = /(?:-v\d+)?(?::.*)?$/;

/** @param model The configured model id or ARN. */
export function titanModel(model: string): TitanModel {
  const id = plainModelId(model) ?? "";
  return ROWS.get(id.replace(/^amazon\./, "").replace(VERSION, "")) ?? {};
}
