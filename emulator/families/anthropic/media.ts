/** Images and documents: only base64, and only what the bytes really are. */
import { invalid } from "../../bedrock/errors.ts";
import { asObject, asString, type JsonObject } from "../../json.ts";
import { allBlocks, type Turn } from "./blocks.ts";

// Anthropic counts the base64 characters: 5 MB of them are 3.75 MB of image.
const MOST_IMAGE_CHARACTERS = 5 * 1024 * 1024;
const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const DOCUMENT_TYPES: Readonly<Record<string, string>> = { base64: "application/pdf", text: "text/plain" };

/** Throws the ValidationException of the first image or document that Claude would refuse. */
export function checkMedia(turns: readonly Turn[]): void {
  for (const { block, path } of allBlocks(turns)) {
    if (block.type === "image") checkImage(asObject(block.source), `${path}.image.source.base64`);
    if (block.type === "document") checkDocument(asObject(block.source), `${path}.document.source`);
  }
}

function checkImage(source: JsonObject, path: string): void {
  const type = asString(source.media_type);
  if (!IMAGE_TYPES.includes(type)) {
    throw invalid(
      `${path}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    );
  }
  const data = asString(source.data);
  if (data.length > MOST_IMAGE_CHARACTERS) {
    throw invalid(
      `${path}: image exceeds 5 MB maximum: ${data.length} bytes > ${MOST_IMAGE_CHARACTERS} bytes`,
    );
  }
  const actual = sniff(decode(data, path));
  if (actual === undefined) throw invalid("Could not process image");
  if (actual !== type) {
    throw invalid(
      `${path}: The image was specified using the ${type} media type, but the image appears to be a ${actual} image`,
    );
  }
}

function checkDocument(source: JsonObject, path: string): void {
  const kind = asString(source.type);
  const expected = DOCUMENT_TYPES[kind];
  if (source.media_type !== expected)
    throw invalid(`${path}.${kind}.media_type: Input should be '${expected}'`);
  if (kind === "text") return;
  const bytes = decode(asString(source.data), `${path}.base64`);
  if (bytes.subarray(0, 5).toString("latin1") !== "%PDF-") throw invalid("The PDF specified was not valid.");
}

function decode(data: string, path: string): Buffer {
  if (data === "" || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    throw invalid(`${path}.data: invalid base64 data`);
  }
  return Buffer.from(data, "base64");
}

/** The image type that the first bytes tell. */
function sniff(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 12).toString("latin1");
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(start)) return "image/gif";
  return /^RIFF.{4}WEBP/s.test(start) ? "image/webp" : undefined;
}
