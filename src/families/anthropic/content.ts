/** The parts of a message as Claude's content blocks. */
import { RouterError } from "../../errors.ts";
import type { CacheControl, ContentPart, JsonObject } from "../../openai/types.ts";
import { decodeText, inlineData, sniffMediaType } from "../media.ts";

type FilePart = Extract<ContentPart, { type: "file" }>;
type ImagePart = Extract<ContentPart, { type: "image_url" }>;

const IMAGE_TYPES: ReadonlySet<string | undefined> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
]);

/** What the blocks are for: system text and assistant turns hold text only. */
export type Place = "system" | "user" | "assistant";

/**
 * Appends the blocks of some parts to a list.
 * @param images Whether the model sees images and documents.
 * @throws RouterError `unsupported_content` or `invalid_value` naming the part that cannot be sent.
 */
export function appendParts(
  blocks: JsonObject[],
  parts: readonly ContentPart[],
  place: Place,
  images: boolean,
): void {
  for (const part of parts) {
    if (part.type === "text") appendText(blocks, part.text, part.cacheControl);
    else blocks.push(mediaBlock(part, place, images));
  }
}

/**
 * Claude refuses blocks that are empty or only white space. White space between texts is content, so it joins the text
 * before it; elsewhere it goes. Half a surrogate pair (a text cut in the middle of an emoji) is not valid JSON to Claude.
 */
export function appendText(blocks: JsonObject[], text: string, cacheControl?: CacheControl): void {
  const last = blocks.at(-1);
  if (/\S/.test(text)) {
    blocks.push({ type: "text", text: text.toWellFormed(), ...cacheMark(cacheControl) });
  } else if (last?.type === "text" && typeof last.text === "string") {
    last.text += text;
    Object.assign(last, cacheMark(cacheControl));
  }
}

/** `cache_control` for a block, or nothing. */
export function cacheMark(cacheControl: CacheControl | undefined): JsonObject {
  return cacheControl === undefined ? {} : { cache_control: { ...cacheControl } };
}

function mediaBlock(part: Exclude<ContentPart, { type: "text" }>, place: Place, images: boolean): JsonObject {
  const kind = part.type === "other" ? part.kind : part.type;
  if (part.type === "other" || place !== "user") {
    const who = place === "user" ? "Claude on Bedrock" : `A ${place} message to Claude`;
    throw unsupported(part.param, `${who} does not take content parts of type "${kind.slice(0, 40)}".`);
  }
  if (!images) throw unsupported(part.param, "This model reads text only: leave out images and files.");
  return {
    ...(part.type === "file" ? documentBlock(part) : imageBlock(part)),
    ...cacheMark(part.cacheControl),
  };
}

function imageBlock({ url, param }: ImagePart): JsonObject {
  const { base64 } = inlineData(url, param);
  const mediaType = sniffMediaType(base64);
  if (!IMAGE_TYPES.has(mediaType)) {
    throw unsupported(
      param,
      "The data of this image is not PNG, JPEG, GIF or WebP, the formats that Claude reads.",
    );
  }
  return { type: "image", source: { type: "base64", media_type: mediaType, data: base64 } };
}

function documentBlock({ data, id, filename, param }: FilePart): JsonObject {
  if (data === undefined) {
    if (id === undefined) throw invalid(param, "a file needs file_data");
    throw unsupported(
      param,
      "Uploaded files (file_id) do not exist here: send the file inline as file_data.",
    );
  }
  const title = filename?.trim() ? { title: filename.toWellFormed() } : {};
  return { type: "document", source: documentSource(data, param), ...title };
}

function documentSource(data: string, param: string): JsonObject {
  const { label, base64 } = inlineData(data, param);
  const mediaType = sniffMediaType(base64);
  if (mediaType === "application/pdf") return { type: "base64", media_type: mediaType, data: base64 };
  const text = mediaType === undefined && mayBeText(label) ? decodeText(base64) : undefined;
  if (text === undefined) {
    throw unsupported(param, "Claude on Bedrock reads PDF and UTF-8 text files; this file is neither.");
  }
  if (!/\S/.test(text)) throw invalid(param, "the file is empty");
  return { type: "text", media_type: "text/plain", data: text };
}

/** Labels under which text travels; one that says nothing is tried. */
function mayBeText(label: string): boolean {
  return /^(?:$|text\/|application\/(?:octet-stream$|json$|xml$|yaml$|x-yaml$|javascript$))/.test(label);
}

function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_content", message, { param });
}

function invalid(param: string, problem: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${problem}.`, { param });
}
