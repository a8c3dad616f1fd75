/** Answers in the format of the Messages API: the events of a stream, or one message. */
import { randomBytes } from "node:crypto";
import type { Answer, Block } from "../../answer/conversation.ts";
import type { JsonObject } from "../../json.ts";
import type { Reply, TokenUsage } from "../family.ts";
import { type ClaudeModel, publicName } from "./models.ts";
import { signThinking } from "./signature.ts";

const STOP_REASON: Readonly<Record<Answer["stop"], string>> = {
  end: "end_turn",
  length: "max_tokens",
  stop_sequence: "stop_sequence",
  tool_use: "tool_use",
  refusal: "refusal",
};
// What recorded streams have counted by the time of their first event.
const FIRST_OUTPUT_TOKENS = 4;
const ID_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const ID_LENGTH = 22;

/** The events of a stream, without the metrics that Bedrock adds to the last one. */
export function streamEvents({ answer, usage, binding }: Reply, model: ClaudeModel): JsonObject[] {
  const first = Math.min(FIRST_OUTPUT_TOKENS, usage.output);
  return [
    {
      type: "message_start",
      message: envelope(model, {
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: usageOf(usage, first),
      }),
    },
    ...answer.blocks.flatMap((block, index) => blockEvents(block, index, binding)),
    { type: "message_delta", delta: stopOf(answer), usage: { output_tokens: usage.output } },
    { type: "message_stop" },
  ];
}

/** The whole message of a non-streaming call. */
export function wholeMessage({ answer, usage, binding }: Reply, model: ClaudeModel): JsonObject {
  const { stop_reason, stop_sequence, ...details } = stopOf(answer);
  const content = answer.blocks.map((block) => wholeBlock(block, binding));
  return {
    ...envelope(model, { content, stop_reason, stop_sequence, usage: usageOf(usage, usage.output) }),
    ...details,
  };
}

function envelope(model: ClaudeModel, said: JsonObject): JsonObject {
  return {
    id: newId("msg_bdrk_01"),
    type: "message",
    role: "assistant",
    model: publicName(model),
    ...said,
  };
}

function usageOf({ input, cache }: TokenUsage, output: number): JsonObject {
  return {
    input_tokens: input,
    ...(cache && { cache_creation_input_tokens: cache.write, cache_read_input_tokens: cache.read }),
    output_tokens: output,
  };
}

function stopOf(answer: Answer): JsonObject {
  const stop = { stop_reason: STOP_REASON[answer.stop], stop_sequence: answer.stopSequence ?? null };
  if (answer.stop !== "refusal") return stop;
  const explanation = "The emulator was asked to refuse.";
  return { ...stop, stop_details: { type: "refusal", category: null, explanation } };
}

function blockEvents(block: Block, index: number, binding: string | undefined): JsonObject[] {
  const { start, deltas } = blockStream(block, binding);
  return [
    { type: "content_block_start", index, content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

function blockStream(
  block: Block,
  binding: string | undefined,
): { start: JsonObject; deltas: readonly JsonObject[] } {
  switch (block.type) {
    case "text":
      return {
        start: { type: "text", text: "" },
        deltas: block.pieces.map((text) => ({ type: "text_delta", text })),
      };
    case "thinking": {
      const signature = signThinking(block.pieces.join(""), binding);
      return {
        start: { type: "thinking", thinking: "", signature: "" },
        deltas: [
          ...block.pieces.map((thinking) => ({ type: "thinking_delta", thinking })),
          { type: "signature_delta", signature },
        ],
      };
    }
    case "tool":
      return {
        start: { type: "tool_use", id: newId("toolu_bdrk_01"), name: block.name, input: {} },
        // Claude opens with an empty piece; for a tool without parameters nothing follows it.
        deltas: ["", ...block.pieces].map((partial_json) => ({ type: "input_json_delta", partial_json })),
      };
  }
}

function wholeBlock(block: Block, binding: string | undefined): JsonObject {
  if (block.type === "text") return { type: "text", text: block.pieces.join("") };
  if (block.type === "tool") {
    return { type: "tool_use", id: newId("toolu_bdrk_01"), name: block.name, input: block.input };
  }
  const thinking = block.pieces.join("");
  return { type: "thinking", thinking, signature: signThinking(thinking, binding) };
}

function newId(prefix: string): string {
  const letters = Array.from(randomBytes(ID_LENGTH), (byte) => ID_LETTERS[byte % ID_LETTERS.length]);
  return prefix + letters.join("");
}
