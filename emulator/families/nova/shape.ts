/** Answers as Nova writes them: a block index for every token, and the usage behind the end. */
import { randomUUID } from "node:crypto";
import type { Answer, Block } from "../../answer/conversation.ts";
import type { JsonObject } from "../../json.ts";
import { STOP_REASON } from "../converse/shape.ts";
import type { Reply, TokenUsage } from "../family.ts";
import { type NovaModel, resolveModel } from "./models.ts";

/** What Nova 2 shows of its reasoning. */
const REDACTED = "[REDACTED]";

/** A block of the stream: what opens it, its pieces, and whether each piece closes a block of its own. */
interface StreamedBlock {
  readonly start?: JsonObject;
  readonly deltas: readonly JsonObject[];
}

/** The chunks of a stream; Bedrock adds its metrics to the last one. */
export function chunksOf({ answer, usage, modelId }: Reply): JsonObject[] {
  const model = resolveModel(modelId);
  const blocks = answer.blocks.flatMap((block) => streamedBlocks(block, model));
  const stop = stopTail(answer).map((text): StreamedBlock => ({ deltas: [{ text }] }));
  return [
    { messageStart: { role: "assistant" } },
    ...[...blocks, ...stop].flatMap(blockChunks),
    { messageStop: { stopReason: STOP_REASON[answer.stop] } },
    { metadata: { usage: counts(usage), metrics: {}, trace: {} } },
  ];
}

/** The body of a non-streaming call. */
export function wholeBody({ answer, usage, modelId }: Reply): JsonObject {
  const model = resolveModel(modelId);
  const content: JsonObject[] = [];
  for (const block of answer.blocks) {
    if (block.type === "tool") content.push({ toolUse: { ...opening(block), input: block.input } });
    else if (block.type === "thinking" && model.reasoning) {
      content.push({ reasoningContent: { reasoningText: { text: REDACTED } } });
    } else addText(content, textOf(block).join(""));
  }
  for (const text of stopTail(answer)) addText(content, text);
  const { input, output } = usage;
  return {
    output: { message: { role: "assistant", content } },
    stopReason: STOP_REASON[answer.stop],
    usage: { ...counts(usage), totalTokens: input + output },
  };
}

function addText(content: JsonObject[], text: string): void {
  const last = content.at(-1);
  if (typeof last?.text === "string") last.text += text;
  else if (text !== "") content.push({ text });
}

/** Nova leaves the sequence that stopped it in its text. */
function stopTail({ stopSequence }: Answer): string[] {
  return stopSequence === undefined ? [] : [stopSequence];
}

function streamedBlocks(block: Block, model: NovaModel): StreamedBlock[] {
  if (block.type === "tool") {
    const deltas = block.pieces.length > 0 ? block.pieces : ["{}"];
    return [{ start: { toolUse: opening(block) }, deltas: deltas.map((input) => ({ toolUse: { input } })) }];
  }
  if (block.type === "thinking" && model.reasoning) {
    return [{ deltas: [{ reasoningContent: { text: REDACTED } }] }];
  }
  return textOf(block).map((text) => ({ deltas: [{ text }] }));
}

/** The tokens of a text; a plan stands between tags, which fall apart like other words. */
function textOf(block: Exclude<Block, { type: "tool" }>): readonly string[] {
  if (block.type === "text") return block.pieces;
  return ["<thinking", "> ", ...block.pieces, "</thinking", ">\n"];
}

function opening({ name }: Extract<Block, { type: "tool" }>): JsonObject {
  return { toolUseId: randomUUID(), name };
}

function blockChunks({ start, deltas }: StreamedBlock, contentBlockIndex: number): JsonObject[] {
  return [
    ...(start ? [{ contentBlockStart: { start, contentBlockIndex } }] : []),
    ...deltas.map((delta) => ({ contentBlockDelta: { delta, contentBlockIndex } })),
    { contentBlockStop: { contentBlockIndex } },
  ];
}

function counts({ input, output, cache = { read: 0, write: 0 } }: TokenUsage): JsonObject {
  return {
    inputTokens: input,
    outputTokens: output,
    cacheReadInputTokenCount: cache.read,
    cacheWriteInputTokenCount: cache.write,
  };
}
