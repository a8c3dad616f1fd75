/**
 * Cohere's answers as deltas: Command R's events and the plainer chunks of the legacy Command models. A whole answer is
 * decoded as the last event of a stream, which repeats all that was said.
 * https://docs.cohere.com/v1/docs/streaming
 */
import type { Delta, Encoded, FamilyMessage } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import type { JsonObject } from "../../openai/types.ts";
import {
  firstCounts,
  guardrailIntervened,
  headerCounts,
  invocationMetrics,
  type TokenCounts,
  usageOf,
} from "../bedrock-fields.ts";
import { fnv1a } from "../call-book.ts";
import { finishDelta } from "../finish.ts";
import { asCount, asObject, asText, isObject } from "../json.ts";
import { clientCall } from "./tools.ts";

/** What was read of one answer so far. */
interface State {
  readonly encoded: Encoded;
  readonly out: Delta[];
  /** All text given so far: later events repeat it. */
  text: string;
  toolCalls: number;
  counts: TokenCounts;
  intervened: boolean;
  ended: boolean;
}

/** A fresh decoder for one answer of InvokeModelWithResponseStream. */
export function decodeStream(encoded: Encoded): (message: FamilyMessage) => Delta[] {
  const state: State = {
    encoded,
    out: [],
    text: "",
    toolCalls: 0,
    counts: {},
    intervened: false,
    ended: false,
  };
  return ({ event, payload }) => {
    if (event !== "chunk" || state.ended || !isObject(payload)) return [];
    state.intervened ||= guardrailIntervened(payload);
    state.counts = firstCounts(invocationMetrics(payload), state.counts);
    readEvent(payload, state);
    return state.out.splice(0);
  };
}

function readEvent(payload: JsonObject, state: State): void {
  switch (payload.event_type) {
    case "text-generation":
    case "tool-calls-chunk":
      // A call's pieces come again as a whole in the next event.
      addText(asText(payload.text), state);
      return;
    case "tool-calls-generation":
      completeText(payload.text, state);
      addCalls(payload.tool_calls, state);
      return;
    case "stream-end":
      end(asObject(payload.response) ?? {}, payload.finish_reason, state);
      return;
    case undefined:
      readPlain(payload, state);
  }
}

/** Chunks without an event type: those of legacy Command, or a whole answer as the only chunk. */
function readPlain(payload: JsonObject, state: State): void {
  const generation = Array.isArray(payload.generations) ? asObject(payload.generations[0]) : undefined;
  if (generation !== undefined) {
    end(generation, generation.finish_reason, state);
  } else if (typeof payload.is_finished === "boolean") {
    // With `num_generations` there are others beside the first.
    if ((asCount(payload.index) ?? 0) > 0) return;
    addText(asText(payload.text), state);
    if (payload.is_finished) end({}, payload.finish_reason, state);
  } else if (isWhole(payload, state)) {
    end(payload, payload.finish_reason, state);
  }
}

/** What a guardrail put in the model's place may come without a reason. */
function isWhole(payload: JsonObject, { intervened }: State): boolean {
  return typeof payload.finish_reason === "string" || (intervened && typeof payload.text === "string");
}

function addText(text: string, state: State): void {
  if (text === "") return;
  state.text += text;
  state.out.push({ type: "text", text });
}

/** Takes the whole text of the answer: only what did not come yet is new. */
function completeText(whole: unknown, state: State): void {
  const text = asText(whole);
  if (text.startsWith(state.text)) addText(text.slice(state.text.length), state);
}

/** Takes all calls of the answer: those that came before are not given again. */
function addCalls(value: unknown, state: State): void {
  const calls = Array.isArray(value) ? value.filter(isObject) : [];
  for (const call of calls.slice(state.toolCalls)) {
    const index = state.toolCalls;
    state.toolCalls += 1;
    const { name, args } = clientCall(call);
    state.out.push({ type: "tool_start", index, id: callId(state.encoded, index), name });
    state.out.push({ type: "tool_arguments", index, text: args });
  }
}

/**
 * Cohere's calls have no ids. One made from the request is the same whenever the answer is decoded, and another in every
 * turn of a conversation.
 */
function callId({ body }: Encoded, index: number): string {
  return `call_${fnv1a(JSON.stringify(body)).toString(36)}_${index}`;
}

function end(response: JsonObject, reason: unknown, state: State): void {
  completeText(response.text, state);
  addCalls(response.tool_calls, state);
  state.ended = true;
  const last = finishDelta(asText(reason) || asText(response.finish_reason) || undefined, {
    calledTools: state.toolCalls > 0,
    guardrailIntervened: state.intervened,
  });
  const usage = usageOf(firstCounts(state.counts, billedUnits(response)));
  if (usage !== undefined && last.type === "finish") state.out.push({ type: "usage", usage });
  state.out.push(last);
}

/** What Cohere bills, as Bedrock counts; `meta.tokens` has the template around the messages too. */
function billedUnits({ meta }: JsonObject): TokenCounts {
  const units = asObject(asObject(meta)?.billed_units);
  return { input: asCount(units?.input_tokens), output: asCount(units?.output_tokens) };
}

/** The answer of InvokeModel. */
export function decodeBody(body: unknown, headers: Headers, encoded: Encoded): Delta[] {
  const { input, output } = headerCounts(headers);
  const metrics = { inputTokenCount: input, outputTokenCount: output };
  const payload = { ...asObject(body), "amazon-bedrock-invocationMetrics": metrics };
  const deltas = decodeStream(encoded)({ event: "chunk", payload });
  if (deltas.some(({ type }) => type === "finish" || type === "error")) return deltas;
  const text = "The model's answer is incomplete: it has no text or no finish reason. Try again.";
  return [{ type: "error", error: new RouterError("upstream_error", text) }];
}
