/** The content blocks that say something to a model, as neutral parts. */
import type { ContentPart } from "../../../chat/request.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { invalid, isUnset, listAt, objectAt, optionalText, textAt } from "../../fields.ts";
import { readCacheControl } from "./cache-control.ts";

/** Blocks inside a document or a search result. */
const MOST_INNER_BLOCKS = 1_000;

type Reader = (block: JsonObject, param: string) => ContentPart[];
type Mark = Pick<Extract<ContentPart, { type: "text" }>, "cacheControl">;

const READERS: ReadonlyMap<unknown, Reader> = new Map<string, Reader>([
  ["text", (block, param) => [textPart(textAt(block.text, `${param}.text`), block, param)]],
  ["image", (block, param) => [readImage(block, param)]],
  ["document", readDocument],
  ["search_result", readSearchResult],
  // The tools that a search found: a model that gets all tools at once has them already.
  ["tool_reference", (block, param) => [textPart(`Found: ${textAt(block.tool_name, param)}`, block, param)]],
  // Tools that come and go in the middle of a conversation: all are declared from the start.
  ["tool_addition", () => []],
  ["tool_removal", () => []],
  // What a conversation was before the server shortened it.
  ["compaction", (block, param) => [textPart(optionalText(block.content, param) ?? "", block, param)]],
]);

/** @throws RouterError `invalid_value` for a block without the fields of its type. */
export function readPart(block: JsonObject, param: string): ContentPart[] {
  if (typeof block.type !== "string") throw invalid(`${param}.type`, "Field required");
  const read = READERS.get(block.type);
  return read === undefined ? [{ type: "other", kind: block.type, param }] : read(block, param);
}

function textPart(text: string, block: JsonObject, param: string): ContentPart {
  return { type: "text", text, ...markOf(block, param), param };
}

function markOf({ cache_control: mark }: JsonObject, param: string): Mark {
  const cacheControl = readCacheControl(mark, `${param}.cache_control`);
  return cacheControl === undefined ? {} : { cacheControl };
}

function readImage(block: JsonObject, param: string): ContentPart {
  const at = `${param}.source`;
  const source = objectAt(block.source, at);
  switch (source.type) {
    case "base64": {
      const url = `data:${textAt(source.media_type, `${at}.media_type`)};base64,${textAt(source.data, `${at}.data`)}`;
      return { type: "image_url", url, ...markOf(block, param), param };
    }
    case "url":
      return { type: "image_url", url: textAt(source.url, `${at}.url`), ...markOf(block, param), param };
    case "file":
      return { type: "other", kind: "image of the Files API", param: at };
    default:
      throw invalid(`${at}.type`, 'expected one of "base64", "url", "file"');
  }
}

function readDocument(block: JsonObject, param: string): ContentPart[] {
  const at = `${param}.source`;
  const source = objectAt(block.source, at);
  const about = { ...describe(block, param), ...markOf(block, param), param };
  switch (source.type) {
    case "base64": {
      const mediaType = textAt(source.media_type, `${at}.media_type`);
      const data = `data:${mediaType};base64,${textAt(source.data, `${at}.data`)}`;
      return [{ type: "file", data, mediaType, ...about }];
    }
    case "text":
      return [textFile(textAt(source.data, `${at}.data`), about)];
    case "content":
      return readContentSource(source.content, `${at}.content`, about);
    case "url":
      return [{ type: "file", url: textAt(source.url, `${at}.url`), ...about }];
    case "file":
      return [{ type: "other", kind: "document of the Files API", param: at }];
    default:
      throw invalid(`${at}.type`, 'expected one of "base64", "text", "content", "url", "file"');
  }
}

type About = Omit<Extract<ContentPart, { type: "file" }>, "type" | "data" | "text" | "mediaType">;

function textFile(text: string, about: About): ContentPart {
  return { type: "file", text, mediaType: "text/plain", ...about };
}

/** A document in blocks: its texts are one, its images stand behind it. */
function readContentSource(content: unknown, param: string, about: About): ContentPart[] {
  if (typeof content === "string") return [textFile(content, about)];
  const parts = listAt(content, param, MOST_INNER_BLOCKS).flatMap((block, index) =>
    readPart(objectAt(block, `${param}.${index}`), `${param}.${index}`),
  );
  const text = parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
  return [textFile(text, about), ...parts.filter(({ type }) => type !== "text")];
}

function describe(
  block: JsonObject,
  param: string,
): Pick<About, "title" | "filename" | "context" | "citations"> {
  const title = optionalText(block.title, `${param}.title`);
  const context = optionalText(block.context, `${param}.context`);
  const cited = isUnset(block.citations) ? {} : objectAt(block.citations, `${param}.citations`);
  return {
    ...(title !== undefined && { title, filename: title }),
    ...(context !== undefined && { context }),
    ...(cited.enabled === true && { citations: true }),
  };
}

/** What a search of the client's own found is a document with its source. */
function readSearchResult(block: JsonObject, param: string): ContentPart[] {
  const source = textAt(block.source, `${param}.source`);
  const about = { ...describe(block, param), context: `Source: ${source}`, ...markOf(block, param), param };
  return readContentSource(block.content, `${param}.content`, about);
}
