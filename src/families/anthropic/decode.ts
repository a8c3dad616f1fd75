/**
 * Claude's answers, event by event. A whole answer is read as the stream it would have been.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
 */
import { messagesError } from "../../dialects/anthropic-messages/upstream/errors.ts";
import { countsOf } from "../../dialects/anthropic-messages/upstream/usage.ts";
import type { FamilyMessage } from "../family.ts";
import type { JsonObject } from "../../chat/request.ts";
import { guardrailIntervened } from "../answer/bedrock-fields.ts";
import type { AnswerFormat, Reading } from "../answer/decoder.ts";
import type { AnswerWriter } from "../answer/writer.ts";
import { asObject, asText, isObject } from "../../lib/json.ts";
import { type ErrorCode, RouterError } from "../../errors.ts";
import { type Block, openBlock } from "./blocks.ts";

/** What was read of one answer so far. */
interface State {
  readonly writer: AnswerWriter;
  readonly blocks: Map<unknown, Block>;
  /** Of the message that is open. */
  id: unknown;
  stopReason: string;
  sequence: string | undefined;
  details: JsonObject | undefined;
}

/** The events by their `type`. */
export const claudeAnswer: AnswerFormat = (writer) => {
  const state: State = {
    writer,
    blocks: new Map(),
    id: undefined,
    stopReason: "",
    sequence: undefined,
    details: undefined,
  };
  return (payload) => readEvent(payload, state);
};

function readEvent(payload: JsonObject, state: State): Reading | undefined {
  const { type, index, content_block: block, message, error } = payload;
  switch (type) {
    case "message_start": {
      const { id, usage } = asObject(message) ?? {};
      if (state.id !== undefined && id !== undefined && id !== state.id) return { error: secondMessage() };
      state.id ??= id;
      const early = countsOf(usage);
      // The prompt's counts are final, the output's is of the first few tokens.
      const { output: _output, ...counts } = early;
      return { counts, early };
    }
    case "content_block_start":
      closeBlock(index, state);
      start(index, asObject(block) ?? {}, state);
      return undefined;
    case "content_block_delta":
      readBlockDelta(payload, state);
      return undefined;
    case "content_block_stop":
      closeBlock(index, state);
      return undefined;
    case "message_delta":
      return readMessageDelta(payload, state);
    case "message_stop":
      return end(state);
    case "error":
      return { error: inBandError(error) };
    default:
      return readCompletion(payload, state);
  }
}

function secondMessage(): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    "A second message began inside the answer's first one. Try again; what came so far is not the whole answer.",
  );
}

function start(index: unknown, block: JsonObject, { blocks, writer }: State): Block {
  const open = openBlock(block, writer);
  blocks.set(index, open);
  return open;
}

function readBlockDelta({ index, delta }: JsonObject, state: State): void {
  const piece = asObject(delta);
  if (piece === undefined) return;
  // Where the start went missing, text and thinking explain themselves.
  const lost = { type: piece.type === "thinking_delta" ? "thinking" : "text" };
  (state.blocks.get(index) ?? start(index, lost, state)).push(piece);
}

function closeBlock(index: unknown, state: State): void {
  state.blocks.get(index)?.close();
  state.blocks.delete(index);
}

function readMessageDelta({ delta, usage }: JsonObject, state: State): Reading {
  const { stop_reason: reason, stop_sequence: sequence, stop_details: details } = asObject(delta) ?? {};
  state.stopReason = asText(reason) || state.stopReason;
  state.sequence = asText(sequence) || state.sequence;
  state.details = asObject(details) ?? state.details;
  return { counts: countsOf(usage) };
}

/** The legacy text completion format: every chunk is `{"completion","stop_reason"}`, the last has the reason. */
function readCompletion(
  { completion, stop_reason: reason }: JsonObject,
  { writer }: State,
): Reading | undefined {
  writer.write(asText(completion));
  return typeof completion === "string" && typeof reason === "string" ? { stop: reason } : undefined;
}

function end({ writer, blocks, stopReason, sequence, details }: State): Reading {
  for (const block of blocks.values()) block.close();
  if (stopReason.toLowerCase() === "refusal") writer.refuse(asText(details?.explanation));
  return { stop: stopReason, sequence, details };
}

/** The chunks that a whole answer would have been; none for a body that is no finished answer. */
export function claudeChunks(body: unknown): FamilyMessage[] {
  return isObject(body) ? eventsOf(body).map((payload) => ({ event: "chunk", payload })) : [];
}

function eventsOf(body: JsonObject): JsonObject[] {
  const { content, type, usage, stop_reason, stop_sequence, stop_details, ...rest } = body;
  if (type === "error") return [body];
  // What a guardrail put in the model's place may come without a stop reason.
  if (typeof stop_reason !== "string" && !guardrailIntervened(body)) return [];
  if (typeof body.completion === "string") return [{ ...body, stop_reason: asText(stop_reason) }];
  if (!Array.isArray(content)) return [];
  return [
    ...content.flatMap((block: unknown, index): JsonObject[] => [
      { type: "content_block_start", index, content_block: block },
      { type: "content_block_stop", index },
    ]),
    { type: "message_delta", delta: { stop_reason, stop_sequence, stop_details }, usage },
    { ...rest, type: "message_stop" },
  ];
}

/** What on Bedrock has another cause than at Anthropic. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ["authentication_error", "aws_credentials_rejected"],
  ["permission_error", "aws_access_denied"],
  ["not_found_error", "bedrock_model_invalid"],
]);

/** @param value The `error` member of `{"type":"error","error":{"type","message"}}`. */
function inBandError(value: unknown): RouterError {
  return messagesError(value, CODES);
}
