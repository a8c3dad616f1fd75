/**
 * How many tokens a request has, by a guess that errs upwards: clients shorten their history on such a count, and a count that is too
 * small ends in a refusal. No tokenizer fits a Worker, and each maker has another.
 */
import { imageSize } from "../lib/image-size.ts";
import type { ChatMessage, ChatRequest, ContentPart } from "./request.ts";

/** Prose in English has more, code and JSON have less. */
const CHARS_PER_TOKEN = 3.5;
const JSON_CHARS_PER_TOKEN = 3;
/** Characters beyond ASCII are a token each, and now and then two. */
const TOKENS_PER_WIDE_CHAR = 1.1;
/** What frames a message, a tool, and the tools together. */
const MESSAGE_TOKENS = 5;
const TOOL_TOKENS = 12;
const TOOLS_TOKENS = 350;
/** Anthropic's rule for images, and the most that its newest models make of one. */
const PIXELS_PER_TOKEN = 750;
const MOST_IMAGE_TOKENS = 4_800;
/** A page of a PDF is read as text and as an image. */
const PAGE_TOKENS = 3_000;
/** Of a PDF whose pages cannot be counted. */
const BYTES_PER_PAGE = 50_000;
const PAGE_OBJECT = /\/Type\s?\/Page(?![a-zA-Z])/g;

/** How texts are counted. */
interface Rate {
  readonly text: (text: string) => number;
  readonly json: (text: string) => number;
}

const GUESS: Rate = {
  text: (text) => weighed(text, CHARS_PER_TOKEN),
  json: (text) => weighed(text, JSON_CHARS_PER_TOKEN),
};
const MOST: Rate = { text: mostTextTokens, json: mostTextTokens };

/** At least 1. */
export function countTokens(request: ChatRequest): number {
  return counted(request, GUESS);
}

/** More than any model makes of a request. At least 1. */
export function mostTokens(request: ChatRequest): number {
  return counted(request, MOST);
}

/** More than any model makes of a text: a token for each two bytes of UTF-8. */
export function mostTextTokens(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) bytes += unit > 0x7ff && !(unit >= 0xd800 && unit <= 0xdfff) ? 2 : 1;
  }
  return Math.ceil(bytes / 2);
}

function counted({ messages, tools, responseFormat }: ChatRequest, rate: Rate): number {
  let tokens = MESSAGE_TOKENS;
  for (const message of messages) tokens += messageTokens(message, rate);
  if (tools.length > 0) tokens += TOOLS_TOKENS;
  for (const { name, description = "", parameters } of tools) {
    tokens += TOOL_TOKENS + rate.text(name + description) + rate.json(JSON.stringify(parameters));
  }
  if (responseFormat.type === "json_schema") tokens += rate.json(JSON.stringify(responseFormat.schema));
  return Math.ceil(tokens);
}

function messageTokens(message: ChatMessage, rate: Rate): number {
  let tokens = MESSAGE_TOKENS;
  for (const part of message.content) tokens += partTokens(part, rate);
  if (message.role !== "assistant") return tokens;
  for (const { name, arguments: input } of message.toolCalls) {
    tokens += TOOL_TOKENS + rate.text(name) + rate.json(input);
  }
  for (const block of message.reasoning ?? []) {
    // Of encrypted thinking there is only its length, in base64.
    tokens += block.kind === "redacted" ? rate.json(block.data) : rate.text(block.text);
  }
  return tokens;
}

function partTokens(part: ContentPart, rate: Rate): number {
  switch (part.type) {
    case "text":
      return rate.text(part.text);
    case "image_url":
      return imageTokens(part.url);
    case "file":
      return rate.text(`${part.title ?? ""}${part.context ?? ""}${part.text ?? ""}`) + fileTokens(part, rate);
    case "other":
      return MESSAGE_TOKENS;
  }
}

function weighed(text: string, charsPerToken: number): number {
  let wide = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) wide += 1;
  return (text.length - wide) / charsPerToken + wide * TOKENS_PER_WIDE_CHAR;
}

/** Of a link nobody knows the size: it counts as a large one. */
function imageTokens(url: string): number {
  const size = url.startsWith("data:") ? imageSize(url.slice(url.indexOf(",") + 1)) : undefined;
  if (size === undefined) return MOST_IMAGE_TOKENS;
  return Math.min(MOST_IMAGE_TOKENS, Math.ceil((size.width * size.height) / PIXELS_PER_TOKEN));
}

function fileTokens({ data, url }: Extract<ContentPart, { type: "file" }>, rate: Rate): number {
  if (data === undefined) return url === undefined ? 0 : PAGE_TOKENS;
  const text = decoded(data.slice(data.indexOf(",") + 1));
  if (!text.startsWith("%PDF")) return rate.text(text);
  const pages = text.match(PAGE_OBJECT)?.length ?? 0;
  return PAGE_TOKENS * (pages || Math.ceil(text.length / BYTES_PER_PAGE));
}

/** A file's bytes as characters; none where it is no base64, which whoever sends it will find out. */
function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}
