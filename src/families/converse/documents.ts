/**
 * Files as Converse's `document` blocks.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
import type { ContentPart, JsonObject } from "../../chat/request.ts";
import { fileData, fileText, sniffMediaType } from "../request/media.ts";
import { unsupportedContent } from "../request/refusals.ts";

type FilePart = Extract<ContentPart, { type: "file" }>;

/** Formats of binary files that do not tell which of several they are: ZIP and OLE containers. */
const CONTAINERS: readonly (readonly [start: string, formats: readonly string[]])[] = [
  ["UEsDB", ["docx", "xlsx"]],
  ["0M8R4KGxGuE", ["doc", "xls"]],
];
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ["application/msword", "doc"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.ms-excel", "xls"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["text/csv", "csv"],
  ["text/html", "html"],
  ["text/markdown", "md"],
  ["text/plain", "txt"],
]);
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ...["csv", "doc", "docx", "html", "md", "txt", "xls", "xlsx"].map((name): [string, string] => [name, name]),
  ["htm", "html"],
  ["markdown", "md"],
]);
const TEXT_FORMATS: ReadonlySet<string> = new Set(["csv", "html", "md", "txt"]);

/** What the service model allows, less the longest number that tells two names apart. */
const MAX_NAME = 180;

/**
 * Names for the documents of one request. Converse takes letters, digits, single spaces, hyphens, parentheses and square
 * brackets, and no name twice; the format stands beside the name, so the extension goes.
 */
function documentNames(): (filename: string | undefined) => string {
  const used = new Set<string>();
  return (filename = "") => {
    const plain = filename
      .replace(/\.[A-Za-z0-9]{1,8}$/, "")
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[^A-Za-z0-9()[\]-]+/g, " ")
      .trim()
      .slice(0, MAX_NAME)
      .trim();
    const name = plain || "document";
    let free = name;
    for (let count = 2; used.has(free.toLowerCase()); count += 1) free = `${name}-${count}`;
    used.add(free.toLowerCase());
    return free;
  };
}

/**
 * Writes the files of one request as blocks.
 * @returns a function that throws a RouterError naming the part, for files that are not inline or in no format that
 *   Converse takes.
 */
export function documentBlocks(): (part: FilePart) => JsonObject {
  const nameOf = documentNames();
  return (part) => {
    const { label, base64 } = fileData(part);
    const format = formatOf(base64, label, part);
    return { document: { format, name: nameOf(part.filename), source: { bytes: base64 } } };
  };
}

/** The data decides, where it can; else the label and the file's name. */
function formatOf(base64: string, label: string, { filename, param }: FilePart): string {
  const mediaType = sniffMediaType(base64);
  if (mediaType === "application/pdf") return "pdf";
  const extension = /\.([A-Za-z0-9]+)$/.exec(filename ?? "")?.[1]?.toLowerCase() ?? "";
  const named = [EXTENSIONS.get(extension), MEDIA_TYPES.get(label)];
  const container = CONTAINERS.find(([start]) => base64.startsWith(start))?.[1];
  const found = container
    ? named.find((format) => format !== undefined && container.includes(format))
    : textFormat(base64, named, param);
  if (found !== undefined && mediaType === undefined) return found;
  const known = "PDF, plain text, CSV, Markdown, HTML, Word or Excel";
  throw unsupportedContent(param, `This file is not ${known} (a Word or Excel file needs its filename).`);
}

/** The format of a text; undefined for bytes that are none. */
function textFormat(
  base64: string,
  named: readonly (string | undefined)[],
  param: string,
): string | undefined {
  const text = fileText(base64, param);
  if (text === undefined || text.includes("\0")) return undefined;
  return named.find((format) => format !== undefined && TEXT_FORMATS.has(format)) ?? "txt";
}
