/**
 * Cohere's answers as deltas: Command R's events and the plainer chunks of the legacy Command models. A whole answer is
 * decoded as the last event of a stream, which repeats all that was said.
 * https://docs.cohere.com/v1/docs/streaming
 */
import type { JsonObject } from "../../chat/request.ts";
import { guardrailIntervened, type TokenCounts } from "../answer/bedrock-fields.ts";
import type { AnswerFormat, Reading } from "../answer/decoder.ts";
import type { AnswerWriter } from "../answer/writer.ts";
import { asCount, asObject, asText, isObject } from "../../lib/json.ts";
import { clientCall } from "./tools.ts";

/** What was read of one answer so far. */
interface State {
  readonly callId: CallId;
  readonly writer: AnswerWriter;
  /** All text given so far: later events repeat it. */
  text: string;
  toolCalls: number;
}

/** The id of an answer's call by its number: Cohere's calls have none. */
export type CallId = (index: number) => string;

/** Command R's events, and the plainer chunks of the legacy models. */
export const cohereAnswer =
  (callId: CallId): AnswerFormat =>
  (writer) => {
    const state: State = { callId, writer, text: "", toolCalls: 0 };
    return (payload) => {
      switch (payload.event_type) {
        case "text-generation":
        case "tool-calls-chunk":
          // A call's pieces come again as a whole in the next event.
          addText(asText(payload.text), state);
          return undefined;
        case "tool-calls-generation":
          completeAnswer(payload, state);
          return undefined;
        case "stream-end":
          return end(asObject(payload.response) ?? {}, payload.finish_reason, state);
        case undefined:
          return readPlain(payload, state);
        default:
          return undefined;
      }
    };
  };

/** Chunks without an event type: those of legacy Command, or a whole answer as the only chunk. */
function readPlain(payload: JsonObject, state: State): Reading | undefined {
  const { generations, is_finished: finished, finish_reason: reason, index, text } = payload;
  const generation = Array.isArray(generations) ? asObject(generations[0]) : undefined;
  if (generation !== undefined) return end(generation, generation.finish_reason, state);
  if (typeof finished === "boolean") {
    // With `num_generations` there are others beside the first.
    if ((asCount(index) ?? 0) > 0) return undefined;
    addText(asText(text), state);
    return finished ? end({}, reason, state) : undefined;
  }
  // What a guardrail put in the model's place may come without a reason.
  const blocked = guardrailIntervened(payload) && typeof text === "string";
  return blocked || typeof reason === "string" ? end(payload, reason, state) : undefined;
}

function addText(text: string, state: State): void {
  state.text += text;
  state.writer.write(text);
}

/** Takes the whole text and all calls of the answer: only what did not come yet is new. */
function completeAnswer({ text: whole, tool_calls: calls }: JsonObject, state: State): void {
  const text = asText(whole);
  if (text.startsWith(state.text)) addText(text.slice(state.text.length), state);
  const all = Array.isArray(calls) ? calls.filter(isObject) : [];
  for (const call of all.slice(state.toolCalls)) {
    const { name, args } = clientCall(call);
    state.writer.openCall(state.callId(state.toolCalls), name).push(args);
    state.toolCalls += 1;
  }
}

function end(response: JsonObject, reason: unknown, state: State): Reading {
  completeAnswer(response, state);
  return { stop: asText(reason) || asText(response.finish_reason), counts: billedUnits(response) };
}

/** What Cohere bills, as Bedrock counts; `meta.tokens` has the template around the messages too. */
function billedUnits({ meta }: JsonObject): TokenCounts {
  const units = asObject(asObject(meta)?.billed_units);
  return { input: asCount(units?.input_tokens), output: asCount(units?.output_tokens) };
}
