/** An upstream's order of documents, checked. */
import { asCount, isObject } from "../lib/json.ts";
import type { Ranked } from "./embedding.ts";

/**
 * An upstream's results, best first.
 * @param documents How many documents it was given.
 * @returns undefined where one of them is no result, or names a document that is not there, or one twice.
 */
export function checkedRanking(values: unknown, documents: number): readonly Ranked[] | undefined {
  if (!Array.isArray(values) || values.length === 0 || values.length > documents) return undefined;
  const results = values.map(rankedIn).filter((one) => one !== undefined);
  const places = new Set(results.map(({ index }) => index));
  if (places.size !== values.length || results.some(({ index }) => index >= documents)) return undefined;
  return results.sort((a, b) => b.score - a.score);
}

/** `relevance_score` (Cohere, Jina, vLLM, Voyage) or `score` (text-embeddings-inference). */
function rankedIn(value: unknown): Ranked | undefined {
  if (!isObject(value)) return undefined;
  const index = asCount(value.index);
  const score = value.relevance_score ?? value.score;
  return index !== undefined && typeof score === "number" ? { index, score } : undefined;
}
