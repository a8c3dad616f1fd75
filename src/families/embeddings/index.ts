/** Bedrock's embedding and rerank models. A new kind is a row in its maker's file. */
import { asObject, type JsonObject } from "../../lib/json.ts";
import { plainModelId } from "../models/index.ts";
import { COHERE_EMBEDDINGS, COHERE_RERANK } from "./cohere.ts";
import type { EmbeddingModel, RerankModel } from "./model.ts";
import { NOVA } from "./nova.ts";
import { TITANS } from "./titan.ts";

export { type BatchCall, embeddingBatches, type InvokeCall, rerankCall } from "./calls.ts";

/** TwelveLabs' Marengo 3: one text a call. */
const MARENGO: EmbeddingModel = {
  name: "marengo",
  id: "twelvelabs.marengo-embed-3",
  batch: 1,
  dimensions: [512],
  mostTokens: undefined,
  body: ([text]) => ({ inputType: "text", text: { inputText: text } }),
  vectors({ data }) {
    return Array.isArray(data) ? data.map((one) => asObject(one)?.embedding) : undefined;
  },
};

/** The number of results is not sent: no page tells its name, and what it does not know it refuses. */
const AMAZON_RERANK: RerankModel = {
  name: "amazon-rerank",
  id: "amazon.rerank-",
  extras: [],
  body: ({ query, documents }): JsonObject => ({ query, documents }),
};

/** The longer beginning of an id stands before the shorter. */
const EMBEDDINGS: readonly EmbeddingModel[] = [...TITANS, ...COHERE_EMBEDDINGS, NOVA, MARENGO];
const RERANKS: readonly RerankModel[] = [COHERE_RERANK, AMAZON_RERANK];

/** Who is asked for: the configured model id, and `family:` for an ARN that hides the model. */
interface Named {
  readonly model: string;
  readonly family?: string | undefined;
}

/** The kind of embedding model that a target's id, or else its `family:`, names. */
export function embeddingModel(target: Named): EmbeddingModel | undefined {
  return found(EMBEDDINGS, target);
}

/** The kind of rerank model that a target's id, or else its `family:`, names. */
export function rerankModel(target: Named): RerankModel | undefined {
  return found(RERANKS, target);
}

/** What `family:` may name for models of each kind. */
export const EMBEDDING_FAMILIES = [...new Set(EMBEDDINGS.map(({ name }) => name))];
export const RERANK_FAMILIES = RERANKS.map(({ name }) => name);

function found<Row extends EmbeddingModel | RerankModel>(
  rows: readonly Row[],
  { model, family }: Named,
): Row | undefined {
  const name = family?.toLowerCase();
  if (name !== undefined) return rows.find((row) => row.name === name);
  const id = plainModelId(model);
  return id === undefined ? undefined : rows.find((row) => id.startsWith(row.id));
}
