/** The text of a YAML file and the place where it is being read. */

/** A fault in the YAML. Its message never quotes the file, which may hold keys. */
export class YamlFault extends Error {
  /** Where: `line 3, column 5`; undefined where that cannot be said. */
  readonly place: string | undefined;

  constructor(message: string, place?: string) {
    super(message);
    this.place = place;
  }
}

/** Deeper than any configuration goes, and far from the end of the stack. */
const MAX_DEPTH = 100;
const BLANK = /(?:[ \t\n]|(?<![^ \t\n])#[^\n]*)*/y;
const DOCUMENT_MARK = /(?:---|\.\.\.)[ \t\n]/y;
const NAME = /[^ \t\n,[\]{}]+/y;

export class Source {
  /** Line breaks are `\n`, and one ends the text. */
  readonly text: string;
  /** The next character. */
  at = 0;
  /** Where keys stand that their mapping has already: `line 3, column 5`. */
  readonly duplicates: string[] = [];
  readonly #anchors = new Map<string, unknown>();
  #depth = 0;
  /** A place whose line is known: looking back for it from every token of a long line would take forever. */
  #seen = { at: 0, lineStart: 0 };

  constructor(text: string) {
    this.text = text.replace(/^\uFEFF/, "").replace(/\r\n?|(?<!\n)$/g, "\n");
  }

  get lineStart(): number {
    const { at, lineStart } = this.#seen;
    const since = this.at < at ? 0 : at;
    const last = this.text.slice(since, this.at).lastIndexOf("\n");
    this.#seen = { at: this.at, lineStart: last === -1 ? (since === 0 ? 0 : lineStart) : since + last + 1 };
    return this.#seen.lineStart;
  }

  /** Characters before the next one on its line. */
  get column(): number {
    return this.at - this.lineStart;
  }

  /** Spaces at the beginning of the line. */
  get indent(): number {
    return this.text.slice(this.lineStart).search(/[^ ]/);
  }

  /** Whether the document ends here: at the end of the text, `---` or `...`. */
  get ended(): boolean {
    return this.at >= this.text.length || (this.column === 0 && this.sees(DOCUMENT_MARK));
  }

  /** Whether the sticky expression matches here. */
  sees(expression: RegExp): boolean {
    expression.lastIndex = this.at;
    return expression.test(this.text);
  }

  /** Takes what the sticky expression matches here; undefined when it does not. */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Goes over spaces, comments and empty lines to the next token; whether that is on another line. */
  skip(): boolean {
    return this.take(BLANK)?.includes("\n") ?? false;
  }

  /** Like {@link skip}, outside brackets, where columns mean something. */
  skipToBlock(): boolean {
    const moved = this.skip();
    const before = this.text.slice(this.lineStart, this.at);
    if (before.trim() === "" && before.includes("\t") && !this.ended) {
      this.fail("a tab is used for indentation; use spaces", this.lineStart + before.indexOf("\t"));
    }
    return moved;
  }

  /** Reads what is nested. */
  nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.fail("nested too deeply");
    const value = read();
    this.#depth--;
    return value;
  }

  /** The name of an anchor or alias. */
  name(): string | undefined {
    return this.take(NAME);
  }

  define(anchor: string | undefined, value: unknown): void {
    if (anchor !== undefined) this.#anchors.set(anchor, value);
  }

  /** What an alias (`*name`) stands for. */
  alias(): unknown {
    const start = this.at++;
    const name = this.name();
    if (name === undefined) {
      this.fail("a * starts an alias here; put text that begins with * in quotes", start);
    }
    if (!this.#anchors.has(name)) {
      this.fail("an alias (*name) without an anchor (&name) before it", start);
    }
    return this.#anchors.get(name);
  }

  /** Lines and columns count from 1. */
  place(at: number): string {
    const before = this.text.slice(0, at).split("\n");
    return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  }

  fail(text: string, at = this.at): never {
    throw new YamlFault(text, this.place(at));
  }
}
