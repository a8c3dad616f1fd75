/** Why an answer ended, in Anthropic's words. */
import type { FinishReason } from "../../../chat/delta.ts";
import { asObject, type JsonObject } from "../../../lib/json.ts";

const REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};
/** A model's own words that say more than the neutral reason. */
const NATIVE: ReadonlySet<unknown> = new Set(["model_context_window_exceeded", "pause_turn", "refusal"]);

export interface Ending {
  readonly reason: FinishReason;
  readonly native?: string | undefined;
  /** The sequence that ended the answer. */
  readonly stop?: string | undefined;
  readonly details?: JsonObject | undefined;
  /** The model's words for why it declined. */
  readonly refusal: string;
}

/**
 * `stop_reason`, `stop_sequence` and, of a refusal, `stop_details`.
 * @param asked The client's stop sequences: where there is one, it is the one that a model means.
 */
export function stopFields(ending: Ending, asked: readonly string[]): JsonObject {
  const { reason, native, details, refusal } = ending;
  const [only, ...more] = asked;
  const guessed = native === "stop_sequence" && more.length === 0 ? only : undefined;
  const sequence = ending.stop ?? guessed;
  if (sequence !== undefined && reason === "stop") {
    return { stop_reason: "stop_sequence", stop_sequence: sequence };
  }
  const refused = refusal !== "" || reason === "content_filter";
  const word = refused ? "refusal" : NATIVE.has(native) ? native : REASONS[reason];
  return {
    stop_reason: word,
    stop_sequence: null,
    ...(word === "refusal" && {
      stop_details: { category: null, explanation: refusal || null, ...asObject(details), type: "refusal" },
    }),
  };
}
