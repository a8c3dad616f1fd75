/**
 * Answers that are nothing but text: Llama's `generation`, Mistral's `outputs[]`. A whole answer is decoded as the one
 * chunk that it could have been, so both ways give the same.
 */
import type { Delta, Encoded, FamilyMessage } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import type { JsonObject } from "../openai/types.ts";
import {
  firstCounts,
  guardrailIntervened,
  headerCounts,
  invocationMetrics,
  type TokenCounts,
  usageOf,
} from "./bedrock-fields.ts";
import { finishDelta } from "./finish.ts";
import { isObject } from "./json.ts";
import { stopDeltas } from "./stop-deltas.ts";

/** What one chunk holds, or a whole body. */
export interface TextChunk {
  readonly text: string;
  /** Why the model stopped; empty while it goes on. */
  readonly reason: string;
  /** Whether the chunk has a place for the reason at all: a guardrail's text comes without. */
  readonly hasReason: boolean;
  /** The model's own counts, as far as this chunk tells. */
  readonly counts?: TokenCounts;
}

export interface TextShape {
  /** Undefined for a payload that is no chunk of an answer. */
  readonly read: (payload: JsonObject) => TextChunk | undefined;
  /** Whether line breaks at the head of the answer are the template's and not the answer's. */
  readonly trimHead: boolean;
}

interface State {
  readonly shape: TextShape;
  readonly out: Delta[];
  counts: TokenCounts;
  metrics: TokenCounts | undefined;
  atHead: boolean;
  intervened: boolean;
  ended: boolean;
}

/** A fresh decoder for one answer of InvokeModelWithResponseStream. */
export function textDecoder(shape: TextShape, { decoding }: Encoded): (message: FamilyMessage) => Delta[] {
  const state = freshState(shape);
  const stopped = stopDeltas(decoding?.stop ?? []);
  return ({ event, payload }) => {
    if (event !== "chunk" || state.ended || !isObject(payload)) return [];
    readPayload(payload, state);
    return stopped(state.out.splice(0));
  };
}

/**
 * The deltas of a whole answer of InvokeModel; an `error` delta for a body that is not a finished answer.
 * @param headers Carry token counts for where the body has none.
 */
export function textBody(body: unknown, headers: Headers, shape: TextShape, { decoding }: Encoded): Delta[] {
  const state = freshState(shape);
  state.metrics = headerCounts(headers);
  if (isObject(body)) {
    readPayload(body, state);
    if (!state.ended && state.intervened && shape.read(body) !== undefined) end("", state);
  }
  if (!state.ended) {
    const text = "The model's answer is incomplete: it has no text or no stop reason. Try again.";
    return [{ type: "error", error: new RouterError("upstream_error", text) }];
  }
  return stopDeltas(decoding?.stop ?? [])(state.out);
}

function freshState(shape: TextShape): State {
  return {
    shape,
    out: [],
    counts: {},
    metrics: undefined,
    atHead: shape.trimHead,
    intervened: false,
    ended: false,
  };
}

function readPayload(payload: JsonObject, state: State): void {
  state.intervened ||= guardrailIntervened(payload);
  state.metrics = invocationMetrics(payload) ?? state.metrics;
  const chunk = state.shape.read(payload);
  if (chunk === undefined) return;
  // Llama counts the prompt in the first chunk only, and the answer so far in each: the newest count stands.
  state.counts = firstCounts(chunk.counts, state.counts);
  say(chunk.text, state);
  if (chunk.reason !== "" || replacedByGuardrail(payload, chunk)) end(chunk.reason, state);
}

/** The last chunk of a blocked answer, in the model's shape but without the reason that every chunk of it has. */
function replacedByGuardrail(payload: JsonObject, { hasReason }: TextChunk): boolean {
  const last = "amazon-bedrock-trace" in payload || "amazon-bedrock-invocationMetrics" in payload;
  return guardrailIntervened(payload) && last && !hasReason;
}

function say(text: string, state: State): void {
  const shown = state.atHead ? text.replace(/^[\r\n]+/, "") : text;
  if (shown === "") return;
  state.atHead = false;
  state.out.push({ type: "text", text: shown });
}

function end(reason: string, state: State): void {
  const usage = usageOf(firstCounts(state.counts, state.metrics));
  if (usage !== undefined) state.out.push({ type: "usage", usage });
  const facts = { calledTools: false, guardrailIntervened: state.intervened };
  state.out.push(finishDelta(reason === "" ? undefined : reason, facts));
  state.ended = true;
}
