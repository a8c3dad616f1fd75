/** The parts of a message as Converse's content blocks. */
import { RouterError } from "../../errors.ts";
import type { CacheControl, ContentPart, JsonObject } from "../../openai/types.ts";
import { type BookedCall, NO_RESULT } from "../call-book.ts";
import { exactJson } from "../exact-json.ts";
import { isObject } from "../json.ts";
import { inlineData, sniffMediaType } from "../media.ts";
import { documentBlock, type NameDocument } from "./documents.ts";
import type { ConverseModel } from "./models.ts";

const IMAGE_FORMATS: ReadonlyMap<string | undefined, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);
/** Stands for what a tool gave back where that is nothing: blank text is refused. */
const NO_OUTPUT = "(no output)";

/** What the blocks are for: only user messages hold more than text. */
export type Place = "system" | "user" | "assistant";

/** What the model reads, and the names that documents have so far. */
export interface ContentRules {
  readonly model: ConverseModel;
  readonly images: boolean;
  readonly nameOf: NameDocument;
}

/**
 * Appends the blocks of some parts to a list.
 * @throws RouterError `unsupported_content` or `invalid_value` naming the part that cannot be sent.
 */
export function appendParts(
  blocks: JsonObject[],
  parts: readonly ContentPart[],
  place: Place,
  rules: ContentRules,
): void {
  for (const part of parts) {
    if (part.type === "text") {
      appendText(blocks, part.text, part.cacheControl);
      continue;
    }
    blocks.push(mediaBlock(part, place, rules));
    if (part.type !== "other") blocks.push(...cachePoint(part.cacheControl));
  }
}

/** Blank text blocks are refused. White space between texts is content, so it joins the text before it. */
function appendText(blocks: JsonObject[], text: string, cacheControl: CacheControl | undefined): void {
  const last = blocks.findLast((block) => !("cachePoint" in block));
  if (/\S/.test(text)) blocks.push({ text: text.toWellFormed() });
  else if (typeof last?.text === "string") last.text += text;
  if (blocks.length > 0) blocks.push(...cachePoint(cacheControl));
}

/** A `cache_control` hint as the block that follows what it marks; limitCachePoints takes out what is not allowed. */
export function cachePoint(cacheControl: CacheControl | undefined): JsonObject[] {
  if (cacheControl === undefined) return [];
  const { ttl } = cacheControl;
  return [{ cachePoint: { type: "default", ...(ttl && { ttl }) } }];
}

function mediaBlock(
  part: Exclude<ContentPart, { type: "text" }>,
  place: Place,
  { model, images, nameOf }: ContentRules,
): JsonObject {
  const { param } = part;
  const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
  if (part.type === "other" || place !== "user") {
    const who = place === "user" ? "This model" : `A ${place} message`;
    throw unsupported(param, `${who} does not take content parts of type "${kind}" here.`);
  }
  if (part.type === "image_url") {
    if (images) return imageBlock(part.url, param);
    throw unsupported(param, "This model sees no images: leave them out or use another model.");
  }
  if (model.documents) return documentBlock(part, nameOf);
  throw unsupported(param, "This model takes no files: leave them out or use another model.");
}

function imageBlock(url: string, param: string): JsonObject {
  const { base64 } = inlineData(url, param);
  const format = IMAGE_FORMATS.get(sniffMediaType(base64));
  if (format !== undefined) return { image: { format, source: { bytes: base64 } } };
  throw unsupported(param, "The data of this image is not PNG, JPEG, GIF or WebP.");
}

/**
 * The `toolResult` block of a call, and the cache point behind it where one of its parts is marked.
 * @throws RouterError for images and files where the model takes none in results.
 */
export function resultBlocks({ id, result }: BookedCall, rules: ContentRules): JsonObject[] {
  const { resultMedia, resultStatus } = rules.model;
  if (result === undefined) {
    const status = resultStatus ? { status: "error" } : {};
    return [{ toolResult: { toolUseId: id, content: [{ text: NO_RESULT }], ...status } }];
  }
  const media = result.find((part) => part.type !== "text");
  if (media !== undefined && !resultMedia) {
    throw unsupported(media.param, "This model takes only text as the result of a tool call.");
  }
  const blocks: JsonObject[] = [];
  appendParts(blocks, result, "user", rules);
  const content = blocks.filter((block) => !("cachePoint" in block));
  // A cache point belongs to the message: inside the result it is refused.
  const points = blocks.filter((block) => "cachePoint" in block).slice(-1);
  const [only = { text: NO_OUTPUT }, ...more] = content;
  const json = more.length === 0 && typeof only.text === "string" ? exactJson(only.text) : undefined;
  return [
    { toolResult: { toolUseId: id, content: isObject(json) ? [{ json }] : [only, ...more] } },
    ...points,
  ];
}

function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_content", message, { param });
}
