/**
 * Converse's messages, which Nova takes through InvokeModel, too.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
import type { CacheControl, ContentPart, JsonObject, ReasoningBlock } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { asText } from "../../chat/result-media.ts";
import { isObject } from "../../lib/json.ts";
import { type BookedCall, exactJson, NO_OUTPUT } from "../request/call-book.ts";
import { NO_RESULT } from "../../chat/paired-calls.ts";
import { BEHIND_RESULTS, imageData } from "../request/media.ts";
import { type Place, unsupportedPart } from "../request/refusals.ts";
import type { ToolBook } from "../request/tool-book.ts";
import type { ConversationFormat } from "../request/turns.ts";
import { cachePoint, isCachePoint } from "./cache-points.ts";

type MediaPart = Extract<ContentPart, { type: "file" | "image_url" }>;

/** What of it a model takes. */
export interface ContentRules {
  readonly model: ConverseModel;
  readonly book: ToolBook;
  readonly images: boolean;
  /** The block of a file. Throws a RouterError for one that cannot be sent. */
  readonly document: (part: Extract<ContentPart, { type: "file" }>) => JsonObject;
}

/** How a conversation is written. */
export function converseFormat(rules: ContentRules): ConversationFormat {
  const { model, book } = rules;
  return {
    append: (blocks, parts, place) => appendParts(blocks, parts, place, rules),
    text: (text) => ({ text }),
    reasoning: reasoningBlock,
    isReasoning,
    call: ({ id, name, input }) => ({
      toolUse: { toolUseId: id, name: book.name(name), input: book.input(name, input) },
    }),
    results: (call) => resultBlocks(call, rules),
    prefill: model.prefill && "trimmed",
  };
}

function reasoningBlock(block: ReasoningBlock): JsonObject | undefined {
  if (block.kind === "redacted") return { reasoningContent: { redactedContent: block.data } };
  if (block.kind === "text") return undefined;
  return { reasoningContent: { reasoningText: { text: block.text, signature: block.signature } } };
}

/** Whether a block is reasoning that an earlier answer gave. */
export function isReasoning(block: JsonObject): boolean {
  return "reasoningContent" in block;
}

function appendParts(
  blocks: JsonObject[],
  parts: readonly ContentPart[],
  place: Place,
  rules: ContentRules,
): void {
  // Documents are few there, and have no place for what is told about them.
  for (const part of parts.map(asText)) {
    if (part.type === "text") {
      appendText(blocks, part.text, part.cacheControl);
    } else if (part.type === "other" || place !== "user") {
      throw unsupportedPart(part, place);
    } else {
      blocks.push(mediaBlock(part, rules), ...cachePoint(part.cacheControl));
    }
  }
}

/** Blank text blocks are refused. White space between texts is content, so it joins the text before it. */
function appendText(blocks: JsonObject[], text: string, cacheControl: CacheControl | undefined): void {
  const last = blocks.findLast((block) => !isCachePoint(block));
  if (/\S/.test(text)) blocks.push({ text });
  else if (typeof last?.text === "string") last.text += text;
  if (blocks.length > 0) blocks.push(...cachePoint(cacheControl));
}

function mediaBlock(part: MediaPart, { images, document }: ContentRules): JsonObject {
  if (part.type === "file") return document(part);
  if (!images) throw unsupportedPart(part);
  const { base64, format } = imageData(part);
  return { image: { format, source: { bytes: base64 } } };
}

/**
 * The `toolResult` block of a call, and the cache point behind it where one of its parts is marked. What the model takes in no result
 * follows: {@link arrangeMessages} puts it behind all of them.
 * @throws RouterError for images and files where the model takes none at all.
 */
function resultBlocks({ id, result, failed, resultCache }: BookedCall, rules: ContentRules): JsonObject[] {
  const { resultMedia, resultStatus } = rules.model;
  const toolResult = (content: JsonObject[], status: string) => ({
    toolResult: {
      toolUseId: id,
      content,
      ...((resultStatus === "always" || resultStatus === status) && { status }),
    },
  });
  if (result === undefined) return [toolResult([{ text: NO_RESULT }], "error")];
  const blocks: JsonObject[] = [];
  appendParts(blocks, result, "user", rules);
  const all = blocks.filter((block) => !isCachePoint(block));
  const media = resultMedia ? [] : all.filter((block) => !("text" in block));
  const inside = all.filter((block) => !media.includes(block));
  const content = inside.length === 0 && media.length > 0 ? [{ text: BEHIND_RESULTS }] : inside;
  // A cache point belongs to the message: inside the result it is refused.
  const points = [...blocks.filter(isCachePoint), ...cachePoint(resultCache)].slice(-1);
  const [only = { text: NO_OUTPUT }, ...more]: JsonObject[] = content;
  const json = more.length === 0 && typeof only.text === "string" ? exactJson(only.text) : undefined;
  const told = toolResult(isObject(json) ? [{ json }] : [only, ...more], failed ? "error" : "success");
  return [told, ...points, ...media];
}
