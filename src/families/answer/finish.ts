/** Why a model stopped, in OpenAI's words: one table for every family, since the models' own words do not collide. */
import type { Delta, FinishReason } from "../../chat/delta.ts";
import { RouterError } from "../../errors.ts";
import type { JsonObject } from "../../lib/json.ts";

type Outcome = FinishReason | "error";

const REASONS: ReadonlyMap<string, Outcome> = new Map([
  ...rows("stop", "end_turn", "stop", "stop_sequence", "pause_turn", "complete", "finish", "finished"),
  ...rows("stop", "stop_criteria_met", "eos"),
  ...rows("length", "max_tokens", "length", "model_context_window_exceeded", "error_limit"),
  ...rows("tool_calls", "tool_use", "tool_calls"),
  ...rows("content_filter", "refusal", "content_filtered", "content_filter", "guardrail_intervened"),
  ...rows("content_filter", "error_toxic"),
  ...rows("error", "malformed_model_output", "malformed_tool_use", "rag_query_when_rag_disabled", "error"),
]);

function rows(outcome: Outcome, ...values: string[]): [string, Outcome][] {
  return values.map((value) => [value, outcome]);
}

/**
 * @param value The model's own stop or finish reason, in any case.
 * @returns `error` where the model says that its answer is broken; `stop` for a word that is not in the table.
 */
export function finishReason(value: string): Outcome {
  return REASONS.get(value.toLowerCase()) ?? "stop";
}

/** What an answer held besides its stop reason. */
export interface AnswerFacts {
  /** Whether at least one tool call reached the client. */
  readonly calledTools: boolean;
  readonly guardrailIntervened: boolean;
  /** The stop sequence that ended the answer, where that is known. */
  readonly stop?: string | undefined;
  /** What the model says about a refusal. */
  readonly details?: JsonObject | undefined;
}

/**
 * The last delta of an answer. Clients look for tool calls only under `tool_calls`, so any call makes it that, except
 * where the answer was cut or filtered.
 * @param value The model's own reason; undefined counts as a normal end.
 */
export function finishDelta(value: string | undefined, facts: AnswerFacts): Delta {
  const reason = facts.guardrailIntervened ? "content_filter" : finishReason(value ?? "stop");
  if (reason === "error") {
    const text = `The model reported that its answer is broken (${value}). Try again or use another model.`;
    return { type: "error", error: new RouterError("upstream_error", text) };
  }
  const told = {
    ...(value !== undefined && { native: value }),
    ...(facts.stop !== undefined && { stop: facts.stop }),
    ...(facts.details !== undefined && { details: facts.details }),
  };
  if (reason === "length" || reason === "content_filter") return { type: "finish", reason, ...told };
  return { type: "finish", reason: facts.calledTools ? "tool_calls" : "stop", ...told };
}
