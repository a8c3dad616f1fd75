/**
 * Cohere's embeddings, 96 texts a call, and its rerank model.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html, …/model-parameters-embed-v4.html
 */
import { asObject } from "../../lib/json.ts";
import type { EmbeddingModel, InputTypes, RerankModel } from "./model.ts";

const INPUT_TYPES: InputTypes = {
  query: "search_query",
  document: "search_document",
  passage: "search_document",
  search_query: "search_query",
  search_document: "search_document",
  classification: "classification",
  clustering: "clustering",
};

const V3: Omit<EmbeddingModel, "id"> = {
  name: "cohere-embed-v3",
  batch: 96,
  dimensions: [1024],
  mostChars: 2048,
  mostTokens: 512,
  inputTypes: INPUT_TYPES,
  body: (texts, { dimensions, inputType }) => ({
    texts,
    // It has to be there, and what is embedded without a word is kept to be found.
    input_type: inputType ?? "search_document",
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  }),
  // A list, or lists by their type: which of them does not follow from the request alone.
  vectors({ embeddings }) {
    const list = Array.isArray(embeddings) ? embeddings : asObject(embeddings)?.float;
    return Array.isArray(list) ? list : undefined;
  },
};

const { mostChars: _, ...V4 } = V3;

export const COHERE_EMBEDDINGS: readonly EmbeddingModel[] = [
  { ...V3, id: "cohere.embed-english-v3" },
  { ...V3, id: "cohere.embed-multilingual-v3" },
  {
    ...V4,
    name: "cohere-embed-v4",
    // What comes after it behaves as the newest that is known.
    id: "cohere.embed-v",
    dimensions: [1536, 1024, 512, 256],
    mostTokens: 128_000,
  },
];

export const COHERE_RERANK: RerankModel = {
  name: "cohere-rerank",
  id: "cohere.rerank-",
  extras: ["max_tokens_per_doc"],
  body: ({ query, documents, top, body }) => ({
    api_version: 2,
    query,
    documents,
    ...(top !== undefined && { top_n: Math.min(top, documents.length) }),
    ...(body.max_tokens_per_doc != null && { max_tokens_per_doc: body.max_tokens_per_doc }),
  }),
};
