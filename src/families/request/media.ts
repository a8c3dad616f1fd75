/** Images and files that a request carries inline. No family can fetch: a URL must be a `data:` URL by now. */
import type { ContentPart } from "../../chat/request.ts";
import { invalidValue, unsupportedContent } from "./refusals.ts";

/** Stands in a tool's result for the images and files that its format has no place for there. */
export const BEHIND_RESULTS = "(Its images and files stand behind the results.)";

type ImagePart = Extract<ContentPart, { type: "image_url" }>;
type FilePart = Extract<ContentPart, { type: "file" }>;

export interface InlineData {
  /** What the client calls it, lower case; empty when it does not say. Often wrong. */
  readonly label: string;
  /** Canonical base64: no white space, padded. */
  readonly base64: string;
}

const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*),/i;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Reads a `data:` URL, or bare base64 as OpenAI's `file_data` allows.
 * @param value The URL or base64 text.
 * @param param The request field, for error messages.
 * @throws RouterError `unsupported_content` for other URLs, `invalid_value` for data that is not base64.
 */
export function inlineData(value: string, param: string): InlineData {
  if (/^https?:/i.test(value)) {
    const text =
      "Bedrock models take images and files only inline: send a base64 data: URL instead of a link.";
    throw unsupportedContent(param, text);
  }
  const head = DATA_URL.exec(value);
  if (head === null && value.includes(":")) {
    throw invalidValue(param, "expected a data: URL, such as data:image/png;base64,...");
  }
  if (head !== null && !/;base64$/i.test(head[2] ?? "")) {
    throw invalidValue(param, "only base64 data: URLs are understood (data:image/png;base64,...)");
  }
  const body = value.slice(head?.[0].length ?? 0);
  return { label: (head?.[1] ?? "").trim().toLowerCase(), base64: canonicalBase64(body, param) };
}

function canonicalBase64(text: string, param: string): string {
  const bare = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  const unpadded = bare.slice(0, endOfData(bare));
  if (!BASE64.test(bare) || unpadded.length % 4 === 1)
    throw invalidValue(param, "its data is not valid base64");
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, "=");
}

/** How the bytes of a format begin, as Latin-1 text. */
const SIGNATURES: readonly (readonly [start: string, mediaType: string])[] = [
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF87a", "image/gif"],
  ["GIF89a", "image/gif"],
  ["%PDF-", "application/pdf"],
];

/**
 * The media type that the data itself shows; labels lie too often to be trusted.
 * @param base64 Canonical base64.
 * @returns undefined for anything but PNG, JPEG, GIF, WebP and PDF.
 */
export function sniffMediaType(base64: string): string | undefined {
  const head = atob(base64.slice(0, 24));
  // RIFF, four bytes of length, WEBP.
  if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) return "image/webp";
  return SIGNATURES.find(([start]) => head.startsWith(start))?.[1];
}

function decodeText(base64: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(Uint8Array.fromBase64(base64));
  } catch {
    return undefined;
  }
}

/** An image as its data show it. */
export interface ImageData {
  /** Canonical base64. */
  readonly base64: string;
  /** The media type's second part. */
  readonly format: "png" | "jpeg" | "gif" | "webp";
}

const IMAGE_FORMATS = ["png", "jpeg", "gif", "webp"] as const;

/**
 * The data of an image.
 * @throws RouterError as {@link inlineData}, and `unsupported_content` for data in another format.
 */
export function imageData({ url, param }: ImagePart): ImageData {
  const { base64 } = inlineData(url, param);
  const mediaType = sniffMediaType(base64);
  const format = IMAGE_FORMATS.find((name) => mediaType === `image/${name}`);
  if (format !== undefined) return { base64, format };
  throw unsupportedContent(param, "The data of this image is not PNG, JPEG, GIF or WebP.");
}

/**
 * The data of a file, which travels inline.
 * @throws RouterError as {@link inlineData}, and for a file that is only named.
 */
export function fileData({ data, text, url, id, mediaType, param }: FilePart): InlineData {
  if (text !== undefined)
    return { label: "text/plain", base64: new TextEncoder().encode(text.toWellFormed()).toBase64() };
  if (data !== undefined) {
    const inline = inlineData(data, param);
    return inline.label === "" && mediaType !== undefined
      ? { ...inline, label: mediaType.toLowerCase() }
      : inline;
  }
  if (url !== undefined) return inlineData(url, param);
  if (id === undefined) throw invalidValue(param, "a file needs file_data");
  throw unsupportedContent(
    param,
    "Uploaded files (file_id) do not exist here: send the file inline as file_data.",
  );
}

/**
 * The text of a file.
 * @returns undefined when the data are not UTF-8.
 * @throws RouterError `invalid_value` for a text of white space.
 */
export function fileText(base64: string, param: string): string | undefined {
  const text = decodeText(base64);
  if (text !== undefined && !/\S/.test(text)) throw invalidValue(param, "the file is empty");
  return text;
}

/** Where the padding of a base64 text begins. Counted from the end: a pattern would try every `=` of a client's text. */
function endOfData(text: string): number {
  let end = text.length;
  while (end > 0 && text[end - 1] === "=") end--;
  return end;
}
