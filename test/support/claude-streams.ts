/** Claude's streams, in pieces and read as a whole. */
import type { FamilyCall } from "../../src/families/family.ts";
import type { Delta } from "../../src/chat/delta.ts";
import { anthropic } from "../../src/families/anthropic/index.ts";
import type { JsonObject } from "../../src/chat/request.ts";
import { bedrockTarget, chat } from "./bedrock.ts";
import { type Folded, fold } from "./deltas.ts";

const target = bedrockTarget("anthropic.claude-sonnet-4-20250514-v1:0");
const jsonSchema = {
  type: "json_schema",
  json_schema: { name: "x", schema: { type: "object", properties: {} } },
};

/** An ordinary request, and one whose answer is a tool's input. */
export const plain = anthropic.encode(chat({}), target);
export const byTool = anthropic.encode(chat({ response_format: jsonSchema }), target);

/** The deltas of a stream of chunks. */
export function stream(payloads: readonly unknown[], encoded: FamilyCall = plain): Delta[] {
  const decode = encoded.stream();
  return payloads.flatMap((payload) => decode({ event: "chunk", payload }));
}

/** What a stream of chunks comes to. */
export const read = (payloads: readonly unknown[], encoded?: FamilyCall): Folded =>
  fold(stream(payloads, encoded));

export const start = (usage: JsonObject = { input_tokens: 10, output_tokens: 1 }) => ({
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", content: [], stop_reason: null, usage },
});
export const open = (index: number, content_block: JsonObject) => ({
  type: "content_block_start",
  index,
  content_block,
});
export const delta = (index: number, piece: JsonObject) => ({
  type: "content_block_delta",
  index,
  delta: piece,
});
export const close = (index: number) => ({ type: "content_block_stop", index });
export const stop = (
  stop_reason: string | null,
  more: JsonObject = {},
  usage: JsonObject = { output_tokens: 7 },
) => ({
  type: "message_delta",
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
});
export const END = { type: "message_stop" };
export const textBlock = (index: number, ...pieces: string[]) => [
  open(index, { type: "text", text: "" }),
  ...pieces.map((text) => delta(index, { type: "text_delta", text })),
  close(index),
];
export const toolBlock = (index: number, id: string, ...pieces: string[]) => [
  open(index, { type: "tool_use", id, name: "look", input: {} }),
  ...pieces.map((partial_json) => delta(index, { type: "input_json_delta", partial_json })),
  close(index),
];
