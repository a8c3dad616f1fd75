/** Makes the table of the pages: which path is which file, with which headers. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import type { PageFile, Pages } from "../../container/pages.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};
const HEADERS = "_headers";

/**
 * Reads a folder as Cloudflare's static assets do with `html_handling = "auto-trailing-slash"`.
 * @throws Error for a file of a type that is not in the table, or rules of `_headers` that cannot be read.
 */
export function readPages(folder: string): Pages {
  const files: Record<string, PageFile> = {};
  const redirects: Record<string, string> = {};
  const rules = headerRules(readFileSync(join(folder, HEADERS), "utf8"));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
    if (!entry.isFile() || file === HEADERS) continue;
    const path = pathOf(file);
    files[path] = pageFile(folder, file, headersOf(rules, path));
    for (const other of otherPaths(file, path)) redirects[other] = path;
  }
  return { files, redirects };
}

function pageFile(folder: string, file: string, headers: Readonly<Record<string, string>>): PageFile {
  const type = TYPES[extname(file)];
  if (type === undefined) throw new Error(`${file}: no content type is known for it`);
  const digest = createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");
  return { file, type, etag: `"${digest.slice(0, 32)}"`, headers };
}

/** `a.html` is `/a`, `a/index.html` is `/a/`. */
function pathOf(file: string): string {
  return `/${file}`.replace(/\/index\.html$/, "/").replace(/\.html$/, "");
}

function otherPaths(file: string, path: string): readonly string[] {
  if (!file.endsWith(".html")) return [];
  return path.endsWith("/")
    ? [`/${file}`, path.slice(0, -1)].filter((other) => other !== "")
    : [`/${file}`, `${path}/`];
}

interface HeaderRule {
  readonly matches: (path: string) => boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Paths at the start of a line, with at most a `*` at the end, and below each its headers, indented.
 * https://developers.cloudflare.com/workers/static-assets/headers/
 */
function headerRules(text: string): readonly HeaderRule[] {
  const rules: { path: string; headers: Record<string, string> }[] = [];
  for (const line of text.split("\n").filter((each) => each.trim() !== "" && !each.startsWith("#"))) {
    const [, name, value] = /^\s+([\w-]+):\s*(.*)$/.exec(line) ?? [];
    const rule = rules.at(-1);
    if (name === undefined || value === undefined) {
      if (!/^\/[^\s*:]*\*?$/.test(line)) throw new Error(`${HEADERS}: cannot read ${JSON.stringify(line)}`);
      rules.push({ path: line, headers: {} });
    } else if (rule !== undefined) rule.headers[name] = value;
    else throw new Error(`${HEADERS}: ${name} belongs to no path`);
  }
  return rules.map(({ path, headers }) => ({ headers, matches: matcher(path) }));
}

function matcher(path: string): (asked: string) => boolean {
  return path.endsWith("*") ? (asked) => asked.startsWith(path.slice(0, -1)) : (asked) => asked === path;
}

function headersOf(rules: readonly HeaderRule[], path: string): Record<string, string> {
  return Object.assign({}, ...rules.filter(({ matches }) => matches(path)).map(({ headers }) => headers));
}
