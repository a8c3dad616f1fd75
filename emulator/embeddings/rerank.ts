/** Bedrock's rerank models by InvokeModel: documents in the order in which they answer a question. */
import { invalid, malformed } from "../bedrock/errors.ts";
import { list, object, type Shape, STRING, violations } from "../bedrock/schema.ts";
import { asString, type JsonObject, stringsIn } from "../json.ts";
import type { EmulatedEmbedding } from "./models.ts";
import { likeness, textTokens } from "./vectors.ts";

const INTEGER: Shape = { kind: "integer" };
const MOST_DOCUMENTS = 1000;

/** A document's place in the list that was sent, and how well it answers. */
export interface Ranked {
  readonly index: number;
  readonly relevance_score: number;
}

/** The documents by how alike they are to the query, best first; `top` of them. */
export async function ranked(query: string, documents: readonly string[], top: number): Promise<Ranked[]> {
  const scores: Ranked[] = [];
  for (const [index, document] of documents.entries()) {
    scores.push({ index, relevance_score: ((await likeness(query, document)) + 1) / 2 });
  }
  return scores.sort((a, b) => b.relevance_score - a.relevance_score).slice(0, top);
}

function reranker(prefix: string, shape: Shape): EmulatedEmbedding {
  return {
    prefix,
    async answer(body) {
      const found = violations(body, shape);
      if (found.length > 0) throw malformed(found);
      const documents = stringsIn(body.documents);
      if (documents.length === 0) throw invalid("documents must be non-empty");
      if (documents.length > MOST_DOCUMENTS)
        throw invalid(`documents must have at most ${MOST_DOCUMENTS} entries`);
      const query = asString(body.query);
      if (query === "") throw invalid("query must be non-empty");
      const top = topOf(body, documents.length);
      return {
        body: { results: await ranked(query, documents, top) },
        tokens: textTokens([query, ...documents]),
      };
    },
    text: (body) => asString(body.query),
  };
}

function topOf({ top_n }: JsonObject, documents: number): number {
  if (top_n === undefined) return documents;
  if (typeof top_n !== "number" || top_n < 1) throw malformed(["#/top_n: -1 is not greater or equal to 1"]);
  return top_n;
}

const QUESTION = { query: STRING, documents: list(STRING) };

export const RERANK_MODELS: readonly EmulatedEmbedding[] = [
  reranker(
    "cohere.rerank-v3-5",
    object({ ...QUESTION, api_version: INTEGER }, { top_n: INTEGER, max_tokens_per_doc: INTEGER }),
  ),
  reranker("amazon.rerank-v1", object(QUESTION, { top_n: INTEGER })),
];
