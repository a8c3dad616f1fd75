/** Answers in Converse's format: the events of a stream, each as its only member's name, or one body. */
import { randomUUID } from "node:crypto";
import type { Answer, Block } from "../../answer/conversation.ts";
import type { JsonObject } from "../../json.ts";
import { signThinking } from "../anthropic/signature.ts";
import type { Reply, TokenUsage } from "../family.ts";
import { isClaude } from "./models.ts";

/** Why an answer stopped, in Converse's words. */
export const STOP_REASON: Readonly<Record<Answer["stop"], string>> = {
  end: "end_turn",
  length: "max_tokens",
  stop_sequence: "stop_sequence",
  tool_use: "tool_use",
  refusal: "content_filtered",
};

/** The events of a stream. */
export function streamEvents({ answer, usage, modelId }: Reply): JsonObject[] {
  return [
    { messageStart: { role: "assistant" } },
    ...answer.blocks.flatMap((block, index) => blockEvents(block, index, isClaude(modelId))),
    { messageStop: { stopReason: STOP_REASON[answer.stop] } },
    { metadata: { usage: counts(usage), metrics: { latencyMs: 1 } } },
  ];
}

/** The body of Converse's answer. */
export function wholeBody({ answer, usage, modelId }: Reply): JsonObject {
  const content = answer.blocks.map((block) => wholeBlock(block, isClaude(modelId)));
  return {
    output: { message: { role: "assistant", content } },
    stopReason: STOP_REASON[answer.stop],
    usage: counts(usage),
    metrics: { latencyMs: 1 },
  };
}

function counts({ input, output, cache }: TokenUsage): JsonObject {
  const cached = cache ? cache.read + cache.write : 0;
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output + cached,
    ...(cache && { cacheReadInputTokens: cache.read, cacheWriteInputTokens: cache.write }),
  };
}

/** Only tools have a start; Claude signs what it thought. */
function blockEvents(block: Block, contentBlockIndex: number, signed: boolean): JsonObject[] {
  const event = (delta: JsonObject): JsonObject => ({ contentBlockDelta: { delta, contentBlockIndex } });
  const stop = { contentBlockStop: { contentBlockIndex } };
  if (block.type === "text") return [...block.pieces.map((text) => event({ text })), stop];
  if (block.type === "tool") {
    const start = { toolUse: opening(block) };
    const pieces = block.pieces.map((input) => event({ toolUse: { input } }));
    return [{ contentBlockStart: { start, contentBlockIndex } }, ...pieces, stop];
  }
  const signature = signThinking(block.pieces.join(""));
  const deltas = [...block.pieces.map((text) => ({ text })), ...(signed ? [{ signature }] : [])];
  return [...deltas.map((reasoningContent) => event({ reasoningContent })), stop];
}

function wholeBlock(block: Block, signed: boolean): JsonObject {
  const text = block.pieces.join("");
  if (block.type === "text") return { text };
  if (block.type === "tool") return { toolUse: { ...opening(block), input: block.input } };
  return { reasoningContent: { reasoningText: { text, ...(signed && { signature: signThinking(text) }) } } };
}

function opening({ name }: Extract<Block, { type: "tool" }>): JsonObject {
  return { toolUseId: `tooluse_${randomUUID().replaceAll("-", "").slice(0, 22)}`, name };
}
