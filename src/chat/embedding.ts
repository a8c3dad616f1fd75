/** What is asked of embedding and rerank models and what they answer, in no dialect; types only. */
import type { JsonObject } from "../lib/json.ts";

export interface EmbeddingRequest {
  /** As the client wrote it; never empty. */
  readonly model: string;
  /** Never empty, none of them empty. */
  readonly input: EmbeddingInput;
  /** How long the vectors shall be; undefined: as the model has them. */
  readonly dimensions: number | undefined;
  /** What the texts are (`query`, `document`, a model's own word): some models embed a question in another way than its answers. */
  readonly inputType: string | undefined;
  readonly encoding: Encoding;
  /** The body as it came, for upstreams that speak the same. */
  readonly body: JsonObject;
}

/** `float`: numbers. `base64`: float32, little-endian, one after the other. */
export type Encoding = "float" | "base64";

export type EmbeddingInput =
  | { readonly kind: "texts"; readonly texts: readonly string[] }
  /** Numbers of a tokenizer's, a list for each text. */
  | { readonly kind: "tokens"; readonly lists: readonly (readonly unknown[])[] };

/** Numbers, or float32 in base64, as the upstream gave them. */
export type Vector = readonly number[] | string;

export interface Embedded {
  /** In the order of the texts. */
  readonly vectors: readonly Vector[];
  /** Tokens of the texts; undefined where the upstream does not tell. */
  readonly tokens: number | undefined;
}

export interface RerankRequest {
  readonly model: string;
  readonly query: string;
  /** Never empty. */
  readonly documents: readonly string[];
  /** How many of the documents to answer with; undefined: all. */
  readonly top: number | undefined;
  /** The body as it came, for upstreams that speak the same. */
  readonly body: JsonObject;
}

export interface Ranking {
  /** Best first, each document at most once. */
  readonly results: readonly Ranked[];
  readonly tokens: number | undefined;
}

export interface Ranked {
  /** Where in the list of documents. */
  readonly index: number;
  readonly score: number;
}
