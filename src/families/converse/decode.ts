/**
 * Converse's answers, event by event. A whole answer is read as the stream it would have been.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
 */
import type { FamilyMessage } from "../family.ts";
import type { JsonObject } from "../../chat/request.ts";
import type { TokenCounts } from "../answer/bedrock-fields.ts";
import type { AnswerFormat, Reading } from "../answer/decoder.ts";
import type { AnswerWriter, CallBlock } from "../answer/writer.ts";
import { asCount, asObject, asText, isObject } from "../../lib/json.ts";

/** What was read of one answer so far, by whatever stands in `contentBlockIndex`. */
interface State {
  readonly writer: AnswerWriter;
  readonly calls: Map<unknown, CallBlock>;
  readonly thoughts: Map<unknown, Thought>;
}

interface Thought {
  readonly text: string;
  readonly signature: string;
  /** As they came, each base64 of its own. */
  readonly redacted: readonly string[];
}

/** The events by their names; `messageStart` says nothing that is not known. */
export const converseAnswer: AnswerFormat = (writer) => {
  const state: State = { writer, calls: new Map(), thoughts: new Map() };
  return (payload, event) => readEvent(event, payload, state);
};

function readEvent(event: string, payload: JsonObject, state: State): Reading | undefined {
  const { contentBlockIndex: index, start, delta, stopReason, usage } = payload;
  switch (event) {
    case "contentBlockStart":
      openBlock(index, asObject(start)?.toolUse, state);
      return { bare: false };
    case "contentBlockDelta":
      readPiece(index, asObject(delta) ?? {}, state);
      return { bare: false };
    case "contentBlockStop":
      closeBlock(index, state);
      return { bare: false };
    case "messageStop":
      for (const open of [...state.thoughts.keys(), ...state.calls.keys()]) closeBlock(open, state);
      return { stop: asText(stopReason) };
    case "metadata":
      return { counts: converseCounts(asObject(usage) ?? {}) };
    default:
      return undefined;
  }
}

function openBlock(index: unknown, toolUse: unknown, state: State): void {
  // A tool that Bedrock runs by itself (Nova's grounding, its code interpreter) is none of the client's calls.
  if (!isObject(toolUse) || toolUse.type === "server_tool_use") return;
  closeBlock(index, state);
  state.calls.set(index, state.writer.openCall(asText(toolUse.toolUseId), asText(toolUse.name)));
}

function readPiece(
  index: unknown,
  { text, toolUse, reasoningContent }: JsonObject,
  { writer, calls, thoughts }: State,
): void {
  writer.write(asText(text));
  if (isObject(toolUse)) calls.get(index)?.push(toolUse.input);
  if (!isObject(reasoningContent)) return;
  // Streams have `text`; whole answers have it inside `reasoningText`.
  const piece = asObject(reasoningContent.reasoningText) ?? reasoningContent;
  const before = thoughts.get(index) ?? { text: "", signature: "", redacted: [] };
  thoughts.set(index, {
    text: before.text + asText(piece.text),
    signature: before.signature + asText(piece.signature),
    redacted:
      piece.redactedContent === undefined
        ? before.redacted
        : [...before.redacted, asText(piece.redactedContent)],
  });
  writer.reason(asText(piece.text));
}

/** Each piece is base64 of its own; together they are the bytes of all. */
function joinedBase64(pieces: readonly string[]): string {
  try {
    const parts = pieces.map((piece) => Uint8Array.fromBase64(piece));
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes.toBase64();
  } catch {
    // No base64 at all: as it came.
    return pieces.join("");
  }
}

function closeBlock(index: unknown, { writer, calls, thoughts }: State): void {
  calls.get(index)?.close();
  calls.delete(index);
  const { text = "", signature = "", redacted = [] } = thoughts.get(index) ?? {};
  thoughts.delete(index);
  // Models take back only what they signed or encrypted themselves.
  if (redacted.length > 0) writer.keep({ kind: "redacted", data: joinedBase64(redacted) });
  else if (signature !== "") writer.keep({ kind: "signed", text, signature });
}

function converseCounts(usage: JsonObject): TokenCounts {
  return {
    input: asCount(usage.inputTokens),
    output: asCount(usage.outputTokens),
    // InvokeModel and Converse spell these differently.
    cacheRead: asCount(usage.cacheReadInputTokenCount ?? usage.cacheReadInputTokens),
    cacheWrite: asCount(usage.cacheWriteInputTokenCount ?? usage.cacheWriteInputTokens),
    cacheWrite1h: hourWrites(usage.cacheDetails),
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CacheDetail.html */
function hourWrites(details: unknown): number | undefined {
  const hour = Array.isArray(details)
    ? details.map(asObject).find((detail) => detail?.ttl === "1h")
    : undefined;
  return asCount(hour?.inputTokens);
}

/** The events that a whole answer would have been; without the end where it has no stop reason. */
export function converseEvents(body: unknown): FamilyMessage[] {
  const { output, stopReason, usage } = asObject(body) ?? {};
  const content = asObject(asObject(output)?.message)?.content;
  if (!Array.isArray(content)) return [];
  const end = { event: "messageStop", payload: { stopReason } };
  return [
    ...content.flatMap(blockEvents),
    { event: "metadata", payload: { usage } },
    ...(typeof stopReason === "string" ? [end] : []),
  ];
}

function blockEvents(block: unknown, contentBlockIndex: number): FamilyMessage[] {
  const { text, toolUse, reasoningContent, citationsContent } = asObject(block) ?? {};
  const event = (name: string, payload: JsonObject): FamilyMessage => ({
    event: name,
    payload: { ...payload, contentBlockIndex },
  });
  const cited = asObject(citationsContent)?.content;
  const pieces = [{ text, toolUse, reasoningContent }, ...(Array.isArray(cited) ? cited : [])];
  return [
    event("contentBlockStart", { start: { toolUse } }),
    ...pieces.map((delta) => event("contentBlockDelta", { delta })),
    event("contentBlockStop", {}),
  ];
}
