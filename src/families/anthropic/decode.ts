/**
 * Claude's answers as deltas. A whole answer is decoded as the stream it would have been, so both ways give the same.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
 */
import type { Delta, Encoded, FamilyMessage } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import type { JsonObject } from "../../openai/types.ts";
import {
  firstCounts,
  guardrailIntervened,
  headerCounts,
  invocationMetrics,
  usageOf,
} from "../bedrock-fields.ts";
import { finishDelta } from "../finish.ts";
import { asObject, asText, isObject } from "../json.ts";
import { ANSWER_TOOL } from "../offered-tools.ts";
import { type AnswerText, type Block, type BlockContext, openBlock } from "./blocks.ts";
import { inBandError } from "./in-band-error.ts";
import { bestCounts, type CountSources, claudeCounts } from "./usage.ts";

/** What was read of one answer so far. */
interface State {
  readonly blocks: Map<unknown, Block>;
  readonly context: BlockContext;
  readonly counts: CountSources;
  readonly out: Delta[];
  stopReason: string | undefined;
  refusal: string;
  intervened: boolean;
  ended: boolean;
}

/** A fresh decoder for one answer of InvokeModelWithResponseStream. */
export function decodeStream(encoded: Encoded): (message: FamilyMessage) => Delta[] {
  const state = freshState(encoded);
  return ({ event, payload }) => {
    if (event !== "chunk" || state.ended || !isObject(payload)) return [];
    state.intervened ||= guardrailIntervened(payload);
    state.counts.metrics = invocationMetrics(payload) ?? state.counts.metrics;
    readEvent(payload, state);
    return state.out.splice(0);
  };
}

function freshState(encoded: Encoded): State {
  const out: Delta[] = [];
  const { tools } = encoded.body;
  const answersByTool = Array.isArray(tools) && tools.some((tool) => asObject(tool)?.name === ANSWER_TOOL);
  const answer: AnswerText = { byTool: answersByTool, given: false, held: [] };
  return {
    blocks: new Map(),
    context: { emit: (delta) => out.push(delta), answer, toolCalls: 0 },
    counts: {},
    out,
    stopReason: undefined,
    refusal: "",
    intervened: false,
    ended: false,
  };
}

function readEvent(payload: JsonObject, state: State): void {
  switch (payload.type) {
    case "message_start":
      state.counts.start = claudeCounts(asObject(payload.message)?.usage) ?? state.counts.start;
      return;
    case "content_block_start":
      closeBlock(payload.index, state);
      state.blocks.set(payload.index, openBlock(asObject(payload.content_block) ?? {}, state.context));
      return;
    case "content_block_delta":
      readBlockDelta(payload, state);
      return;
    case "content_block_stop":
      closeBlock(payload.index, state);
      return;
    case "message_delta":
      readMessageDelta(payload, state);
      return;
    case "message_stop":
      end(state);
      return;
    case "error":
      fail(inBandError(payload.error), state);
      return;
    default:
      readCompletion(payload, state);
  }
}

function readBlockDelta({ index, delta }: JsonObject, state: State): void {
  const piece = asObject(delta);
  if (piece === undefined) return;
  let block = state.blocks.get(index);
  if (block === undefined) {
    // The start went missing; text and thinking explain themselves.
    block = openBlock({ type: piece.type === "thinking_delta" ? "thinking" : "text" }, state.context);
    state.blocks.set(index, block);
  }
  block.push(piece);
}

function closeBlock(index: unknown, state: State): void {
  state.blocks.get(index)?.close();
  state.blocks.delete(index);
}

function readMessageDelta(payload: JsonObject, state: State): void {
  const delta = asObject(payload.delta);
  state.counts.total = firstCounts(claudeCounts(payload.usage), state.counts.total);
  state.stopReason = asText(delta?.stop_reason) || state.stopReason;
  state.refusal = asText(asObject(delta?.stop_details)?.explanation) || state.refusal;
}

/** The legacy text completion format: every chunk is `{"completion","stop_reason"}`, the last has the reason. */
function readCompletion(payload: JsonObject, state: State): void {
  const text = asText(payload.completion);
  if (text !== "") state.context.emit({ type: "text", text });
  if (typeof payload.completion !== "string" || typeof payload.stop_reason !== "string") return;
  state.stopReason = payload.stop_reason;
  end(state);
}

function end(state: State): void {
  const { context, blocks, out } = state;
  for (const block of blocks.values()) block.close();
  if (!context.answer.given) out.push(...context.answer.held);
  if (state.refusal !== "" && finishesAsRefusal(state)) out.push({ type: "refusal", text: state.refusal });
  const usage = usageOf(bestCounts(state.counts));
  if (usage !== undefined) out.push({ type: "usage", usage });
  const facts = { calledTools: context.toolCalls > 0, guardrailIntervened: state.intervened };
  out.push(finishDelta(state.stopReason, facts));
  state.ended = true;
}

function finishesAsRefusal({ stopReason }: State): boolean {
  return stopReason?.toLowerCase() === "refusal";
}

function fail(error: RouterError, state: State): void {
  state.out.push({ type: "error", error });
  state.ended = true;
}

/**
 * The deltas of a whole answer of InvokeModel; an `error` delta for a body that is not a finished answer.
 * @param headers Carry token counts for where the body has none.
 */
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
  if (body.type === "error") return [body];
  const { input, output, cacheRead, cacheWrite } = headerCounts(headers);
  const metrics = {
    "amazon-bedrock-invocationMetrics": {
      inputTokenCount: input,
      outputTokenCount: output,
      cacheReadInputTokenCount: cacheRead,
      cacheWriteInputTokenCount: cacheWrite,
    },
  };
  // What a guardrail put in the model's place may come without a stop reason.
  const stopped = typeof body.stop_reason === "string" || guardrailIntervened(body);
  if (!stopped) return undefined;
  if (typeof body.completion === "string")
    return [{ ...body, ...metrics, stop_reason: asText(body.stop_reason) }];
  if (!Array.isArray(body.content)) return undefined;
  const { content, type: _type, usage, stop_reason, stop_details, ...rest } = body;
  return [
    ...content.flatMap((block: unknown, index): JsonObject[] => [
      { type: "content_block_start", index, content_block: block },
      { type: "content_block_stop", index },
    ]),
    { type: "message_delta", delta: { stop_reason, stop_details }, usage },
    { ...rest, ...metrics, type: "message_stop" },
  ];
}
