/**
 * Files as Converse's `document` blocks.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
import { RouterError } from "../../errors.ts";
import type { ContentPart, JsonObject } from "../../openai/types.ts";
import { decodeText, inlineData, sniffMediaType } from "../media.ts";

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

/** Gives a file the name under which the model knows it. */
export type NameDocument = (filename: string | undefined) => string;

/**
 * Names for the documents of one request. Converse takes letters, digits, single spaces, hyphens, parentheses and square
 * brackets, and no name twice; the format stands beside the name, so the extension goes.
 */
export function documentNames(): NameDocument {
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

/** @throws RouterError naming the part, for files that are not inline or in no format that Converse takes. */
export function documentBlock(part: FilePart, nameOf: NameDocument): JsonObject {
  const { data, id, filename, param } = part;
  if (data === undefined) {
    if (id === undefined) throw invalid(param, "a file needs file_data");
    const text = "Uploaded files (file_id) do not exist here: send the file inline as file_data.";
    throw unsupported(param, text);
  }
  const { label, base64 } = inlineData(data, param);
  const format = formatOf(base64, label, filename, param);
  return { document: { format, name: nameOf(filename), source: { bytes: base64 } } };
}

/** The data decides, where it can; else the label and the file's name. */
function formatOf(base64: string, label: string, filename: string | undefined, param: string): string {
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
  throw unsupported(param, `This file is not ${known} (a Word or Excel file needs its filename).`);
}

/** The format of a text; undefined for bytes that are none. */
function textFormat(
  base64: string,
  named: readonly (string | undefined)[],
  param: string,
): string | undefined {
  const text = decodeText(base64);
  if (text === undefined || text.includes("\0")) return undefined;
  if (!/\S/.test(text)) throw invalid(param, "the file is empty");
  return named.find((format) => format !== undefined && TEXT_FORMATS.has(format)) ?? "txt";
}

function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_content", message, { param });
}

function invalid(param: string, problem: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${problem}.`, { param });
}
