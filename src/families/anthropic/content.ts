/**
 * A conversation as Claude's messages: the parts of a message, tool calls and their results as content blocks.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
import type { CacheControl, ContentPart, JsonObject, ReasoningBlock } from "../../chat/request.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { type BookedCall, NO_OUTPUT } from "../request/call-book.ts";
import { NO_RESULT } from "../../chat/paired-calls.ts";
import { fileData, fileText, imageData, sniffMediaType } from "../request/media.ts";
import { type Place, unsupportedContent, unsupportedPart } from "../request/refusals.ts";
import type { ConversationFormat } from "../request/turns.ts";
import { safeNames, type ToolBook, type ToolForm } from "../request/tool-book.ts";

type FilePart = Extract<ContentPart, { type: "file" }>;

/** Anthropic's own API takes 128 by now; Bedrock's answer to more was "tools.43.custom.name: String should have at most 64 characters". */
export const LONGEST_NAME = 64;

/** https://platform.claude.com/docs/en/api/messages */
const LONGEST_TITLE = 500;

/** What Claude takes of tools. */
export const CLAUDE_TOOLS: ToolForm = {
  ...safeNames(LONGEST_NAME),
  root: "object",
  references: true,
  plainKeys: true,
};

/** How a conversation is written for a model. */
export function claudeFormat({ images, prefill }: ClaudeModel, book: ToolBook): ConversationFormat {
  return {
    append: (blocks, parts, place) => appendParts(blocks, parts, place, images),
    text: (text) => ({ type: "text", text }),
    reasoning: reasoningBlock,
    isReasoning,
    call: ({ id, name, input, cacheControl }) => ({
      type: "tool_use",
      id,
      name: book.name(name),
      input: book.input(name, input),
      ...cacheMark(cacheControl),
    }),
    results: (call) => [resultBlock(call, images)],
    prefill: prefill && "trimmed",
  };
}

/** Claude checks its signature: what it did not sign is none of its thinking. */
function reasoningBlock(block: ReasoningBlock): JsonObject | undefined {
  if (block.kind === "signed") return { type: "thinking", thinking: block.text, signature: block.signature };
  return block.kind === "redacted" ? { type: "redacted_thinking", data: block.data } : undefined;
}

/** Whether a block is thinking of an earlier step. */
export function isReasoning({ type }: JsonObject): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

function appendParts(
  blocks: JsonObject[],
  parts: readonly ContentPart[],
  place: Place,
  images: boolean,
): void {
  for (const part of parts) {
    if (part.type === "text") {
      appendText(blocks, part.text, part.cacheControl);
    } else if (part.type === "other" || place !== "user" || !images) {
      throw unsupportedPart(part, place, images ? "Claude on Bedrock" : undefined);
    } else {
      const block = part.type === "file" ? documentBlock(part) : imageBlock(part);
      blocks.push({ ...block, ...cacheMark(part.cacheControl) });
    }
  }
}

/**
 * Claude refuses blocks that are empty or only white space. White space between texts is content, so it joins the text
 * before it; elsewhere it goes.
 */
function appendText(blocks: JsonObject[], text: string, cacheControl: CacheControl | undefined): void {
  const last = blocks.at(-1);
  if (/\S/.test(text)) {
    blocks.push({ type: "text", text, ...cacheMark(cacheControl) });
  } else if (last?.type === "text" && typeof last.text === "string") {
    last.text += text;
    Object.assign(last, cacheMark(cacheControl));
  }
}

/** `cache_control` for a block, or nothing. */
export function cacheMark(cacheControl: CacheControl | undefined): JsonObject {
  return cacheControl === undefined ? {} : { cache_control: { ...cacheControl } };
}

function imageBlock(part: Extract<ContentPart, { type: "image_url" }>): JsonObject {
  const { base64, format } = imageData(part);
  return { type: "image", source: { type: "base64", media_type: `image/${format}`, data: base64 } };
}

function documentBlock(part: FilePart): JsonObject {
  const { filename, title = filename, context } = part;
  return {
    type: "document",
    source: documentSource(part),
    ...(title?.trim() && { title: cut(title, LONGEST_TITLE) }),
    ...(context?.trim() && { context }),
  };
}

/** Control characters that no text has; a short file of another kind may well be UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const BINARY = /[\0-\x08\x0e-\x1a\x1c-\x1f]/;

/** The first characters of a text, none of them halved. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : [...text.slice(0, 2 * most)].slice(0, most).join("");
}

function documentSource(part: FilePart): JsonObject {
  if (part.text !== undefined) return { type: "text", media_type: "text/plain", data: part.text };
  const { base64 } = fileData(part);
  const mediaType = sniffMediaType(base64);
  if (mediaType === "application/pdf") return { type: "base64", media_type: mediaType, data: base64 };
  // Labels lie: a browser calls a CSV a spreadsheet where Office is installed.
  const text = mediaType === undefined ? fileText(base64, part.param) : undefined;
  if (text !== undefined && !BINARY.test(text)) return { type: "text", media_type: "text/plain", data: text };
  throw unsupportedContent(
    part.param,
    "Claude on Bedrock reads PDF and UTF-8 text files; this file is neither.",
  );
}

/** The `tool_result` block of a call; an error block where there is no result. */
function resultBlock({ id, result, failed, resultCache }: BookedCall, images: boolean): JsonObject {
  const head = { type: "tool_result", tool_use_id: id, ...(failed && { is_error: true }) };
  if (result === undefined) return { ...head, content: NO_RESULT, is_error: true };
  const content: JsonObject[] = [];
  appendParts(content, result, "user", images);
  // A breakpoint belongs to the result as a whole: the blocks inside take none.
  const inside = content.findLast((inner) => inner.cache_control !== undefined)?.cache_control;
  const cache = cacheMark(resultCache).cache_control ?? inside;
  for (const inner of content) delete inner.cache_control;
  // A tool that failed has to say something.
  if (failed && content.length === 0) content.push({ type: "text", text: NO_OUTPUT });
  const [only, ...more] = content;
  const plain = only?.type === "text" && more.length === 0 ? only.text : content;
  return withoutEmpty({ ...head, content: plain, cache_control: cache });
}
