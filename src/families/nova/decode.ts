/**
 * Nova's answers as deltas. A whole answer is decoded as the stream it would have been, so both ways give the same. The
 * stream has a block index for every token, no start for text blocks, and its usage only behind `messageStop`.
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
import { finishDelta } from "../finish.ts";
import { asCount, asObject, asText, isObject } from "../json.ts";
import { type AnswerWriter, answerWriter, type OpenCall } from "./answer.ts";

/** What was read of one answer so far. */
interface State {
  readonly out: Delta[];
  readonly writer: AnswerWriter;
  /** By block index. */
  readonly calls: Map<unknown, OpenCall>;
  usage: TokenCounts | undefined;
  metrics: TokenCounts | undefined;
  counted: boolean;
  intervened: boolean;
  /** `failed` also where the model says that its answer is broken: then nothing follows. */
  phase: "open" | "finished" | "failed";
}

/** A fresh decoder for one answer of InvokeModelWithResponseStream. */
export function decodeStream(encoded: Encoded): (message: FamilyMessage) => Delta[] {
  const state = freshState(encoded);
  return ({ event, payload }) => {
    if (event !== "chunk" || state.phase === "failed" || !isObject(payload)) return [];
    state.intervened ||= guardrailIntervened(payload);
    state.metrics = invocationMetrics(payload) ?? state.metrics;
    readUsage(asObject(payload.metadata)?.usage, state);
    if (state.phase === "open") readEvent(payload, state);
    // What comes behind the end can only be the bill.
    if (state.phase === "finished") giveUsage(state);
    return state.out.splice(0);
  };
}

function freshState(encoded: Encoded): State {
  const out: Delta[] = [];
  return {
    out,
    writer: answerWriter(encoded, (delta) => out.push(delta)),
    calls: new Map(),
    usage: undefined,
    metrics: undefined,
    counted: false,
    intervened: false,
    phase: "open",
  };
}

function readEvent(payload: JsonObject, state: State): void {
  const start = asObject(payload.contentBlockStart);
  const piece = asObject(payload.contentBlockDelta);
  const stop = asObject(payload.contentBlockStop);
  if (start !== undefined) openBlock(start, state);
  if (piece !== undefined) readPiece(piece, state);
  if (stop !== undefined) closeBlock(stop.contentBlockIndex, state);
  const end = asObject(payload.messageStop);
  if (end !== undefined) finish(asText(end.stopReason), state);
}

function openBlock({ start, contentBlockIndex }: JsonObject, state: State): void {
  const { toolUse } = asObject(start) ?? {};
  if (!isObject(toolUse)) return;
  closeBlock(contentBlockIndex, state);
  state.calls.set(contentBlockIndex, state.writer.openCall(toolUse));
}

function readPiece({ delta, contentBlockIndex }: JsonObject, state: State): void {
  const { text, toolUse, reasoningContent } = asObject(delta) ?? {};
  if (typeof text === "string") state.writer.text(text);
  if (isObject(toolUse)) state.calls.get(contentBlockIndex)?.push(toolUse.input);
  if (isObject(reasoningContent)) {
    // Converse streams `text`; whole answers have it inside `reasoningText`.
    const inner = asObject(reasoningContent.reasoningText) ?? reasoningContent;
    state.writer.reasoning(asText(inner.text));
  }
}

function closeBlock(index: unknown, state: State): void {
  state.calls.get(index)?.close();
  state.calls.delete(index);
}

function finish(stopReason: string, state: State): void {
  const { writer, calls, out, intervened } = state;
  for (const call of calls.values()) call.close();
  calls.clear();
  const { calledTools, stopped } = writer.end();
  const reason = stopped ? "stop" : stopReason || undefined;
  const last = finishDelta(reason, { calledTools, guardrailIntervened: intervened });
  state.phase = last.type === "finish" ? "finished" : "failed";
  if (last.type === "finish") giveUsage(state);
  out.push(last);
}

function readUsage(value: unknown, state: State): void {
  const usage = asObject(value);
  if (usage === undefined) return;
  state.usage = {
    input: asCount(usage.inputTokens),
    output: asCount(usage.outputTokens),
    // InvokeModel and Converse spell these differently.
    cacheRead: asCount(usage.cacheReadInputTokenCount ?? usage.cacheReadInputTokens),
    cacheWrite: asCount(usage.cacheWriteInputTokenCount ?? usage.cacheWriteInputTokens),
  };
}

function giveUsage(state: State): void {
  const usage = state.counted ? undefined : usageOf(firstCounts(state.usage, state.metrics));
  if (usage === undefined) return;
  state.counted = true;
  state.out.push({ type: "usage", usage });
}

/** The answer of InvokeModel. */
export function decodeBody(body: unknown, headers: Headers, encoded: Encoded): Delta[] {
  const decode = decodeStream(encoded);
  const events = isObject(body) ? eventsOf(body, headers) : undefined;
  if (events === undefined) {
    const text = "The model's answer is incomplete: it has no content or no stop reason. Try again.";
    return [{ type: "error", error: new RouterError("upstream_error", text) }];
  }
  return events.flatMap((payload) => decode({ event: "chunk", payload }));
}

function eventsOf(body: JsonObject, headers: Headers): JsonObject[] | undefined {
  const { output, stopReason, usage, ...rest } = body;
  const content = asObject(asObject(output)?.message)?.content;
  // What a guardrail put in the model's place may come without a stop reason.
  const stopped = typeof stopReason === "string" || guardrailIntervened(body);
  if (!stopped || !Array.isArray(content)) return undefined;
  const counts = headerCounts(headers);
  const metrics = {
    inputTokenCount: counts.input,
    outputTokenCount: counts.output,
    cacheReadInputTokenCount: counts.cacheRead,
    cacheWriteInputTokenCount: counts.cacheWrite,
  };
  return [
    ...content.flatMap(blockEvents),
    { ...rest, metadata: { usage }, "amazon-bedrock-invocationMetrics": metrics },
    { messageStop: { stopReason } },
  ];
}

function blockEvents(block: unknown, contentBlockIndex: number): JsonObject[] {
  if (!isObject(block)) return [];
  const { toolUse } = block;
  const start = isObject(toolUse) ? [{ contentBlockStart: { start: { toolUse }, contentBlockIndex } }] : [];
  return [
    ...start,
    { contentBlockDelta: { delta: block, contentBlockIndex } },
    { contentBlockStop: { contentBlockIndex } },
  ];
}
