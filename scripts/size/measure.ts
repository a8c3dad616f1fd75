/** Measures what the Worker weighs, in whole and by part, from the build that a deployment uploads and its source map. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const ROOT = join(import.meta.dirname, "../..");
/** Stands for what the build itself adds: licences, the name of the source map. */
const BUILD = "(build)";

/** A dependency, a folder or a file; sizes in bytes. */
export interface Part {
  readonly name: string;
  readonly minified: number;
  /** Gzip of this part alone. */
  readonly alone: number;
  /**
   * By how much the whole Worker's gzip shrinks without this part. All shares add up to less than the whole: what two parts
   * have in common goes only with both.
   */
  readonly share: number;
}

export interface Size {
  readonly minified: number;
  /** Of what is uploaded, as wrangler counts it. */
  readonly gzip: number;
  readonly dependencies: readonly Part[];
  /** The folders and files directly under src/, the bundled configuration, what the build adds. */
  readonly own: readonly Part[];
  /** Each file of src/. */
  readonly files: readonly Part[];
}

/** Consecutive characters from the same source, a path from the project's root. */
export interface Piece {
  readonly source: string;
  readonly text: string;
}

/** Builds the Worker, in a folder of its own, and measures it. */
export function measureWorker(): Size {
  const folder = mkdtempSync(join(tmpdir(), "worker-size-"));
  try {
    execFileSync(process.execPath, [join(ROOT, "scripts/build-worker.mjs"), folder], { stdio: "inherit" });
    const map: unknown = JSON.parse(readFileSync(join(folder, "index.js.map"), "utf8"));
    if (!isSourceMap(map)) throw new Error("the build wrote no source map");
    const code = readFileSync(join(folder, "index.js"), "utf8");
    return sizeOf(piecesOf(code, new SourceMap(map), (source) => relative(ROOT, resolve(folder, source))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isSourceMap(value: unknown): value is SourceMapPayload {
  return typeof value === "object" && value !== null && "mappings" in value && "sources" in value;
}

/** Takes a bundle apart. @param pathOf The path of a source that the map names. */
export function piecesOf(code: string, map: SourceMap, pathOf: (source: string) => string): Piece[] {
  const pieces: Piece[] = [];
  let begin = 0;
  let last: string | undefined;
  let lineStart = 0;
  let row = 0;
  for (let at = 0; at <= code.length; at++) {
    const entry = map.findEntry(row, at - lineStart);
    const source = "originalSource" in entry ? entry.originalSource : undefined;
    if (source !== last || at === code.length) {
      if (at > begin)
        pieces.push({ source: last === undefined ? BUILD : pathOf(last), text: code.slice(begin, at) });
      begin = at;
      last = source;
    }
    if (code[at] === "\n") {
      row++;
      lineStart = at + 1;
    }
  }
  return pieces;
}

/** Adds pieces up by dependency, folder and file. */
export function sizeOf(pieces: readonly Piece[]): Size {
  const whole = textOf(pieces);
  const gzip = gzipOf(whole);
  /** `groupOf` gives the part that a source belongs to, undefined for none. */
  const measure = (groupOf: (source: string) => string | undefined): Part[] => {
    const parts: Part[] = [];
    for (const [name, mine] of Map.groupBy(pieces, ({ source }) => groupOf(source))) {
      if (name === undefined) continue;
      const text = textOf(mine);
      const rest = textOf(pieces.filter(({ source }) => groupOf(source) !== name));
      parts.push({
        name,
        minified: Buffer.byteLength(text),
        alone: gzipOf(text),
        share: gzip - gzipOf(rest),
      });
    }
    return parts.sort((one, other) => other.share - one.share);
  };
  return {
    minified: Buffer.byteLength(whole),
    gzip,
    dependencies: measure(dependencyOf),
    own: measure((source) => (dependencyOf(source) ? undefined : source.split("/").slice(0, 2).join("/"))),
    files: measure((source) => (source.startsWith("src/") ? source : undefined)),
  };
}

/** `node_modules/@a/b/…` is `@a/b`; undefined for our own code. */
function dependencyOf(source: string): string | undefined {
  return /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join("");
}

function gzipOf(text: string): number {
  return gzipSync(text).length;
}
