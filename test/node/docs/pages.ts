/**
 * What the documentation promises, as data. A comment on the line before a fenced block says what holds of it:
 * - `<!-- run -->`: it runs as written (sh, ts, js) against the router of `npm start`;
 * - `<!-- config -->`: that router has this configuration (yaml) from here on;
 * - `<!-- prints -->`: what the block before it prints; `…` stands for anything;
 * - `<!-- check -->`: it is valid: JSON, or part of a configuration (yaml).
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../../..");

export interface Block {
  /** Of its first line in the file, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

export interface Example extends Block {
  readonly prints?: Block;
}

/** Examples that run against one configuration; undefined: the default one. */
export interface Chapter {
  readonly config: Block | undefined;
  readonly examples: readonly Example[];
}

export interface Page {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
  readonly chapters: readonly Chapter[];
  readonly checks: readonly Block[];
}

const MARKED = /^<!-- (run|config|prints|check) -->\n```(\w+)\n(.*?)^```$/gms;

/** The README, everything in docs/, the bench's page and the pages for contributors. */
export function readPages(): Page[] {
  return globSync(["*.md", "docs/*.md", "bench/*.md"], { cwd: ROOT })
    .sort()
    .map((file) => readPage(file, readFileSync(join(ROOT, file), "utf8")));
}

/** @throws Error for a `prints` that follows no `run`. */
export function readPage(file: string, text: string): Page {
  const chapters: { config: Block | undefined; examples: Example[] }[] = [
    { config: undefined, examples: [] },
  ];
  const checks: Block[] = [];
  for (const { index, 1: mark, 2: language = "", 3: code = "" } of text.matchAll(MARKED)) {
    const block = { line: text.slice(0, index).split("\n").length + 2, language, code };
    const examples = chapters.at(-1)?.examples ?? [];
    const last = examples.at(-1);
    if (mark === "run") examples.push(block);
    else if (mark === "check") checks.push(block);
    else if (mark === "config") chapters.push({ config: block, examples: [] });
    else if (last) examples.splice(-1, 1, { ...last, prints: block });
    else throw new Error(`${file}, line ${block.line}: nothing ran that could print this`);
  }
  return { file, text, chapters: chapters.filter(isUsed), checks };
}

function isUsed({ config, examples }: Chapter): boolean {
  return config !== undefined || examples.length > 0;
}
