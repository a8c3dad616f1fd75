/** One answer of Claude, whole and as a stream, and the deltas that both come to. */
import type { Delta } from "../../../../src/chat/delta.ts";
import { concat } from "../../../support/bytes.ts";
import { chunkFrame } from "../support.ts";

const ANSWER = {
  type: "message",
  role: "assistant",
  content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 3, output_tokens: 2 },
};
export const FRAMES = concat(
  [
    { type: "message_start", message: { usage: { input_tokens: 3, output_tokens: 1 } } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ].map(chunkFrame),
);
export const DELTAS: readonly Delta[] = [
  { type: "text", text: "Hello" },
  { type: "usage", usage: { promptTokens: 3, completionTokens: 2 } },
  { type: "finish", reason: "stop", native: "end_turn" },
];

/** The same as a stream, which tells the prompt's count first. */
export const STREAMED_DELTAS: readonly Delta[] = [
  { type: "usage", usage: { promptTokens: 3, completionTokens: 1 } },
  ...DELTAS,
];

export const whole = () => Response.json(ANSWER);
export const streamed = (bytes = FRAMES, type = "application/vnd.amazon.eventstream") =>
  new Response(bytes, { headers: { "content-type": type } });
