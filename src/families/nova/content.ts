/** The parts of a message as Nova's content blocks. */
import { RouterError } from "../../errors.ts";
import type { ContentPart, JsonObject } from "../../openai/types.ts";
import { type BookedCall, NO_RESULT } from "../call-book.ts";
import { exactJson } from "../exact-json.ts";
import { asObject, asText } from "../json.ts";
import { inlineData, sniffMediaType } from "../media.ts";

/** Nova's names for the formats it reads. */
const IMAGE_FORMATS: ReadonlyMap<string | undefined, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);

/** What the blocks are for: system text and assistant turns hold text only. */
export type Place = "system" | "user" | "assistant";

/**
 * Appends the blocks of some parts to a list.
 * @param images Whether the model sees images.
 * @throws RouterError `unsupported_content` or `invalid_value` naming the part that cannot be sent.
 */
export function appendParts(
  blocks: JsonObject[],
  parts: readonly ContentPart[],
  place: Place,
  images: boolean,
): void {
  for (const part of parts) {
    if (part.type === "text") appendText(blocks, part.text, part.cacheControl !== undefined);
    else if (part.type === "image_url" && place === "user" && images) {
      blocks.push({ ...imageBlock(part.url, part.param), ...cachePoint(part.cacheControl !== undefined) });
    } else throw cannotTake(part, place);
  }
}

/** Blank text blocks are refused. White space between texts is content, so it joins the text before it. */
function appendText(blocks: JsonObject[], text: string, cached: boolean): void {
  const last = blocks.at(-1);
  if (/\S/.test(text)) {
    blocks.push({ text: text.toWellFormed(), ...cachePoint(cached) });
  } else if (typeof last?.text === "string") {
    last.text += text;
    Object.assign(last, cachePoint(cached));
  }
}

function cachePoint(cached: boolean): JsonObject {
  return cached ? { cachePoint: { type: "default" } } : {};
}

function imageBlock(url: string, param: string): JsonObject {
  const { base64 } = inlineData(url, param);
  const format = IMAGE_FORMATS.get(sniffMediaType(base64));
  if (format === undefined) {
    const text = "The data of this image is not PNG, JPEG, GIF or WebP, the formats that Nova reads.";
    throw unsupported(param, text);
  }
  return { image: { format, source: { bytes: base64 } } };
}

function cannotTake(part: Exclude<ContentPart, { type: "text" }>, place: Place): RouterError {
  const { param } = part;
  const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
  if (place !== "user") {
    return unsupported(param, `A ${place} message to Nova does not take content parts of type "${kind}".`);
  }
  if (part.type === "image_url") {
    return unsupported(param, "This model reads text only: leave out the image or use a Nova that sees.");
  }
  if (part.type === "file") {
    const text = 'Nova takes documents only through the Converse API: set "api: converse" at this model.';
    return unsupported(param, text);
  }
  return unsupported(param, `Nova does not take content parts of type "${kind}" here.`);
}

/** The `toolResult` block of a call; an error where there is no result. */
export function resultBlock({ id, result }: BookedCall, images: boolean): JsonObject {
  const head = { toolUseId: id };
  if (result === undefined) {
    return { toolResult: { ...head, content: [{ text: NO_RESULT }], status: "error" } };
  }
  const content: JsonObject[] = [];
  appendParts(content, result, "user", images);
  const [only, ...more] = content;
  if (only === undefined) content.push({ text: "(no output)" });
  const value = more.length === 0 ? asObject(exactJson(asText(only?.text))) : undefined;
  return {
    toolResult: { ...head, content: value === undefined ? content : [{ json: value }], status: "success" },
  };
}

function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_content", message, { param });
}
