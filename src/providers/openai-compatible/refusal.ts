/** Reads the body of a refusal, whatever shape the upstream gave it. */
import { isObject, parseObject } from "../../lib/json.ts";

/** Patterns run over this much, and never over a page of HTML. */
const MAX_SEARCHED_CHARS = 4000;

export interface Refusal {
  /** The upstream's own sentence; undefined where the body has none. */
  readonly text: string | undefined;
  /** Everything in which it may have said what is wrong: the sentence, type and code. */
  readonly searchable: string;
  /** Its words for the kind of failure; empty where it has none. */
  readonly type: string;
  readonly code: string;
  /** Whether OpenAI's clients can read the body as it is. */
  readonly isOpenAis: boolean;
}

/**
 * OpenAI's `{"error":{"message"}}`, and what others do instead: `{"error":"text"}` (Ollama, Hugging Face), the error's
 * members without the `error` (vLLM before 0.9, Mistral, Cohere), `{"detail"}` (FastAPI), plain text, a page of HTML.
 */
export function readRefusal(body: string): Refusal {
  const json = parseObject(body);
  if (json === undefined) {
    const text = body.trimStart().startsWith("<") ? undefined : body.trim() || undefined;
    return { text, searchable: searchable([text]), type: "", code: "", isOpenAis: false };
  }
  const error = isObject(json.error) ? json.error : json;
  const sentences = [error.message, error.error, error.detail, error.msg];
  const text = sentences.map(sentenceOf).find((sentence) => sentence !== undefined);
  return {
    text,
    searchable: searchable([text, error.type, error.code]),
    type: wordOf(error.type),
    code: wordOf(error.code),
    isOpenAis: error !== json && typeof error.message === "string",
  };
}

/** A text, or, as FastAPI and Mistral give them, a structure of several. */
function sentenceOf(value: unknown): string | undefined {
  if (typeof value === "string") return value || undefined;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : undefined;
}

/** A short word or a number, fit for a log. */
function wordOf(value: unknown): string {
  const word = typeof value === "number" ? String(value) : value;
  return typeof word === "string" && /^[\w.:/-]{1,64}$/.test(word) ? word : "";
}

function searchable(parts: readonly unknown[]): string {
  return parts
    .filter((part) => typeof part === "string")
    .join("\n")
    .slice(0, MAX_SEARCHED_CHARS);
}
