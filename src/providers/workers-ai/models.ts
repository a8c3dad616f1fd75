/**
 * Embedding and rerank models of Workers AI: what each is asked with and how long its vectors are.
 * https://developers.cloudflare.com/workers-ai/models/
 */
import type { EmbeddingRequest } from "../../chat/embedding.ts";
import type { JsonObject } from "../../lib/json.ts";

/** A call takes so many texts. */
export const MOST_TEXTS = 100;

interface EmbeddingModel {
  readonly dimensions: number;
  /** Whether it embeds questions in another way than documents. */
  readonly asksApart?: boolean;
}

const EMBEDDINGS: ReadonlyMap<string, EmbeddingModel> = new Map([
  ["@cf/baai/bge-small-en-v1.5", { dimensions: 384 }],
  ["@cf/baai/bge-base-en-v1.5", { dimensions: 768 }],
  ["@cf/baai/bge-large-en-v1.5", { dimensions: 1024 }],
  ["@cf/baai/bge-m3", { dimensions: 1024 }],
  ["@cf/google/embeddinggemma-300m", { dimensions: 768 }],
  ["@cf/qwen/qwen3-embedding-0.6b", { dimensions: 1024, asksApart: true }],
  ["@cf/pfnet/plamo-embedding-1b", { dimensions: 2048 }],
]);

/** How long a model's vectors are; undefined for one that is newer than this table. */
export function dimensionsOf(model: string): number | undefined {
  return EMBEDDINGS.get(model)?.dimensions;
}

/** Whether a model has a use for `input_type`. */
export function asksApart(model: string): boolean {
  return EMBEDDINGS.get(model)?.asksApart === true;
}

/** What `env.AI.run` is given for some of a request's texts. */
export function embeddingInputs(
  model: string,
  texts: readonly string[],
  { inputType }: Pick<EmbeddingRequest, "inputType">,
): JsonObject {
  if (!asksApart(model)) return { text: texts };
  return inputType === "query" ? { queries: texts } : { documents: texts };
}
