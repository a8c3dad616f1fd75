/**
 * Amazon's Titan embeddings: one text a call.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html, …/model-parameters-titan-embed-mm.html
 */
import type { EmbeddingModel } from "./model.ts";

const MOST_CHARS = 50_000;

const TITAN: Omit<EmbeddingModel, "name" | "id" | "dimensions"> = {
  batch: 1,
  mostChars: MOST_CHARS,
  mostTokens: 8192,
  body: ([text], { dimensions }) => ({
    inputText: text,
    ...(dimensions !== undefined && { dimensions }),
  }),
  vectors: ({ embedding }) => (embedding === undefined ? undefined : [embedding]),
  tokens: (answer) => answer.inputTextTokenCount,
};

export const TITANS: readonly EmbeddingModel[] = [
  { ...TITAN, name: "titan-embed-v2", id: "amazon.titan-embed-text-v2", dimensions: [1024, 512, 256] },
  { ...TITAN, name: "titan-embed-v1", id: "amazon.titan-embed-text-v1", dimensions: [1536] },
  { ...TITAN, name: "titan-embed-g1", id: "amazon.titan-embed-g1-text", dimensions: [1536] },
  {
    ...TITAN,
    name: "titan-embed-image",
    id: "amazon.titan-embed-image",
    dimensions: [1024, 384, 256],
    mostTokens: 256,
    body: ([text], { dimensions }) => ({
      inputText: text,
      ...(dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: dimensions } }),
    }),
    // A 200 with a message is a refusal.
    refusal: ({ message }) => (typeof message === "string" ? message : undefined),
  },
];
