/**
 * Cohere's and Jina's rerank, which OpenAI has not. https://docs.cohere.com/reference/rerank,
 * https://api.jina.ai/redoc#tag/rerank
 */
import type { Usage } from "../../../chat/delta.ts";
import type { Ranked, RerankRequest } from "../../../chat/embedding.ts";
import { type JsonObject, isObject } from "../../../lib/json.ts";
import { invalid, listAt, optionalBoolean, optionalNumber, requestBody, textAt } from "../../fields.ts";

/** Bedrock's limit. */
const MOST_DOCUMENTS = 1000;
/** What Cohere and Bedrock charge as one. */
const DOCUMENTS_PER_UNIT = 100;

export interface RerankExchange {
  readonly request: RerankRequest;
  /** The documents come back beside their scores. */
  readonly withDocuments: boolean;
}

/** @throws RouterError `invalid_value` with `param`. */
export function rerankRequest(value: unknown): RerankExchange {
  const body = requestBody(value);
  const model = textAt(body.model, "model");
  const query = textAt(body.query, "query");
  if (model === "") throw invalid("model", "name a rerank model");
  if (query.trim() === "") throw invalid("query", "a question cannot be empty");
  const documents = listAt(body.documents, "documents", MOST_DOCUMENTS).map(documentOf);
  if (documents.length === 0) throw invalid("documents", "the list is empty; send at least one document");
  const top = optionalNumber(body.top_n, "top_n", { least: 1, most: Number.MAX_SAFE_INTEGER, whole: true });
  return {
    request: { model, query, documents, top, body },
    withDocuments: optionalBoolean(body.return_documents, "return_documents") ?? false,
  };
}

/** A text, or an object that has it as `text`. */
function documentOf(document: unknown, index: number): string {
  const param = `documents[${index}]`;
  const text = isObject(document) ? textAt(document.text, `${param}.text`) : textAt(document, param);
  if (text === "") throw invalid(param, "a document cannot be empty");
  return text;
}

export interface RerankList {
  /** 32 hex digits. */
  readonly id: string;
  /** The configured name. */
  readonly model: string;
  readonly results: readonly Ranked[];
  readonly usage: Usage;
}

export function rerankAnswer(
  { id, model, results, usage }: RerankList,
  { request: { documents }, withDocuments }: RerankExchange,
): JsonObject {
  return {
    id: `rerank-${id}`,
    model,
    results: results.map(({ index, score }) => ({
      index,
      relevance_score: score,
      ...(withDocuments && { document: { text: documents[index] } }),
    })),
    // Cohere's clients read `meta`, Jina's `usage`.
    meta: { billed_units: { search_units: Math.ceil(documents.length / DOCUMENTS_PER_UNIT) } },
    usage: { prompt_tokens: usage.promptTokens, total_tokens: usage.promptTokens },
  };
}
