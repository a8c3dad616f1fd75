/** A request for vectors or an order → the calls of InvokeModel that answer it. */
import type { Embedded, EmbeddingRequest, Ranking, RerankRequest } from "../../chat/embedding.ts";
import { checkedRanking } from "../../chat/ranking.ts";
import { checkedVectors } from "../../chat/vectors.ts";
import { RouterError } from "../../errors.ts";
import { asCount, isObject, type JsonObject } from "../../lib/json.ts";
import {
  checkedDimensions,
  checkedInputType,
  checkLengths,
  type EmbeddingModel,
  type RerankModel,
} from "./model.ts";

/** One call of InvokeModel. */
export interface InvokeCall<T> {
  readonly body: JsonObject;
  /**
   * What the answer holds; undefined where it is no answer of such a model.
   * @throws RouterError for a refusal within it.
   */
  read(answer: unknown, headers: Headers): T | undefined;
}

export interface BatchCall extends InvokeCall<Embedded> {
  /** Which of the request's texts it begins with, and how many it has. */
  readonly first: number;
  readonly texts: number;
  /** Where they stand, in the client's words. */
  readonly param: string;
}

export interface InvokeBatches {
  readonly batches: readonly BatchCall[];
  readonly dimensions: number;
  readonly dropped: readonly string[];
}

/** Of an embedding request what this router reads itself, or what no model of Bedrock has a use for. */
const EMBEDDING_FIELDS: ReadonlySet<string> = new Set([
  "model",
  "input",
  "encoding_format",
  "dimensions",
  "user",
]);
const RERANK_FIELDS: ReadonlySet<string> = new Set([
  "model",
  "query",
  "documents",
  "top_n",
  "return_documents",
]);

/**
 * @param name How messages name the model.
 * @throws RouterError with `param` for what the model cannot do.
 */
export function embeddingBatches(
  model: EmbeddingModel,
  request: EmbeddingRequest,
  name: string,
): InvokeBatches {
  const { input } = request;
  if (input.kind === "tokens") throw noTokens(name);
  const { texts } = input;
  const dimensions = checkedDimensions(model, request.dimensions, name);
  const inputType = checkedInputType(model, request.inputType, name);
  const paramOf = (index: number): string =>
    typeof request.body.input === "string" ? "input" : `input[${index}]`;
  checkLengths(model, texts, name, paramOf);
  const starts = Array.from({ length: Math.ceil(texts.length / model.batch) }, (_, n) => n * model.batch);
  return {
    dimensions: dimensions ?? model.dimensions[0],
    dropped: otherFields(request.body, EMBEDDING_FIELDS, model.inputTypes ? ["input_type"] : []),
    batches: starts.map((first) => {
      const part = texts.slice(first, first + model.batch);
      const body = model.body(part, { dimensions, inputType });
      const read: BatchCall["read"] = (answer, headers) => embeddedIn(model, answer, headers, part.length);
      const param = part.length === 1 ? paramOf(first) : "input";
      return { body, first, texts: part.length, param, read };
    }),
  };
}

export function rerankCall(
  model: RerankModel,
  request: RerankRequest,
): { readonly call: InvokeCall<Ranking>; readonly dropped: readonly string[] } {
  return {
    dropped: otherFields(request.body, RERANK_FIELDS, model.extras),
    call: {
      body: model.body(request),
      read: (answer, headers) => rankingIn(answer, headers, request),
    },
  };
}

function embeddedIn(
  model: EmbeddingModel,
  answer: unknown,
  headers: Headers,
  wanted: number,
): Embedded | undefined {
  if (!isObject(answer)) return undefined;
  const refusal = model.refusal?.(answer);
  if (refusal !== undefined) throw new RouterError("upstream_invalid_request", refusal, { param: "input" });
  const vectors = checkedVectors(model.vectors(answer) ?? [], wanted);
  return vectors && { vectors, tokens: asCount(model.tokens?.(answer)) ?? headerCount(headers) };
}

function rankingIn(answer: unknown, headers: Headers, { documents }: RerankRequest): Ranking | undefined {
  const results = isObject(answer) ? checkedRanking(answer.results, documents.length) : undefined;
  return results && { results, tokens: headerCount(headers) };
}

function headerCount(headers: Headers): number | undefined {
  const text = headers.get("x-amzn-bedrock-input-token-count");
  return text === null ? undefined : asCount(Number(text));
}

/** Names of the client's fields that the model does not get; at most so many, and none that no header can carry. */
function otherFields(
  body: JsonObject,
  known: ReadonlySet<string>,
  more: readonly string[],
): readonly string[] {
  return Object.keys(body)
    .filter((name) => !known.has(name) && !more.includes(name) && /^[\w.-]{1,64}$/.test(name))
    .slice(0, 20);
}

function noTokens(name: string): RouterError {
  return new RouterError(
    "invalid_value",
    `Invalid 'input': '${name}' has a tokenizer of its own, so it takes texts and no tokens. Send texts; LangChain (Python) does with OpenAIEmbeddings(check_embedding_ctx_length=False).`,
    { param: "input" },
  );
}
