/** What the README shows, block by block. */

/** What a newcomer does with a block. */
export type Kind = "start" | "key" | "run" | "check" | "prints" | "account";

export interface Block {
  /** Of its first line in the file, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** Undefined: nobody says what to do with it. */
  readonly kind: Kind | undefined;
}

const KINDS: Readonly<Record<string, Kind>> = {
  "run: start": "start",
  "run: key": "key",
  "run: account": "account",
  run: "run",
  check: "check",
  prints: "prints",
};
const FENCED = /(?:^<!-- ([^\n]+?) -->\n)?^```(\w+)\n(.*?)^```$/gms;
/** Drawings are for the eye. */
const DRAWN: ReadonlySet<string> = new Set(["mermaid"]);

/** All code blocks of a page in their order, drawings apart. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCED)]
    .map(({ index, 0: whole, 1: mark = "", 2: language = "", 3: code = "" }) => {
      const before = text.slice(0, index + whole.indexOf("```")).split("\n").length;
      return { line: before + 1, language, code, kind: KINDS[mark] };
    })
    .filter(({ language }) => !DRAWN.has(language));
}
