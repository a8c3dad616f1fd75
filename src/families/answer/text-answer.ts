/** Answers that are nothing but text in chunks: Llama's `generation`, Mistral's `outputs[]`, Titan's `outputText`. */
import type { JsonObject } from "../../chat/request.ts";
import { asText } from "../../lib/json.ts";
import type { TokenCounts } from "./bedrock-fields.ts";
import type { AnswerFormat } from "./decoder.ts";

/** Where a chunk, or a whole answer, has what it says. */
export interface TextPlace {
  /** The object with text and reason; undefined for a payload that is no part of an answer. */
  readonly chunk: (payload: JsonObject) => JsonObject | undefined;
  readonly text: string;
  readonly reason: string;
  /** The model's own counts. */
  readonly counts?: (chunk: JsonObject, payload: JsonObject) => TokenCounts;
}

/** The answers of a model that writes so. */
export function textAnswer({ chunk: chunkOf, text, reason, counts }: TextPlace): AnswerFormat {
  return (writer) => (payload) => {
    const chunk = chunkOf(payload);
    if (chunk === undefined) return undefined;
    writer.write(asText(chunk[text]));
    const stop = asText(chunk[reason]) || undefined;
    return { stop, bare: !(reason in chunk), counts: counts?.(chunk, payload) };
  };
}
