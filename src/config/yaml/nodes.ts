/** What blocks and brackets have in common: properties, plain texts, and how pairs become a mapping. */
import { fold } from "./scalars.ts";
import { type Source, YamlFault } from "./source.ts";

/** `!!name` or `!<uri>`. https://yaml.org/spec/1.2.2/#3212-tags */
const TAG = /!(?:<[^> \t\n]*>|[^ \t\n,[\]{}]*)/y;
const TEXT_TAG = /^!(?:!str|<tag:yaml\.org,2002:str>)?$/;
/** Tags that say what a value is without them too. */
const CORE_TAG = /^!(?:!|<tag:yaml\.org,2002:)(?:int|float|bool|null|seq|map)>?$/;
const BLANKS = /[ \t]*/y;
const BREAK = /[ \t]*\n[ \t\n]*/y;

/** What stands before a node. */
export interface Properties {
  /** `&name`: aliases (`*name`) stand for the node. */
  anchor?: string;
  /** `!!str`: the value is a text, whatever it looks like. */
  text?: boolean;
}

/** What a mapping holds a value under. */
export interface Key {
  readonly value: unknown;
  /** It is `<<`. https://yaml.org/type/merge.html */
  readonly merge: boolean;
  /** Where it begins. */
  readonly at: number;
}

/** Reads anchor and tag, and the spaces behind them. */
export function readProperties(source: Source): Properties {
  const found: Properties = {};
  for (;;) {
    const start = source.at;
    const sign = source.text[start];
    if (sign === "&") {
      source.at++;
      found.anchor =
        source.name() ??
        source.fail("an anchor without a name; put text that begins with & in quotes", start);
    } else if (sign === "!") {
      const tag = source.take(TAG) ?? "";
      if (TEXT_TAG.test(tag)) found.text = true;
      else if (!CORE_TAG.test(tag))
        source.fail("an unknown tag; put text that begins with ! in quotes", start);
    } else {
      return found;
    }
    source.take(BLANKS);
  }
}

/**
 * Reads on in a text without quotes, over the lines that are indented further than `parent`.
 *
 * @param line What the text may hold on one line.
 */
export function readPlain(source: Source, start: number, line: RegExp, parent: number): string {
  let end = source.at;
  while (
    source.take(BREAK) !== undefined &&
    !source.ended &&
    source.indent > parent &&
    source.text[source.at] !== "#"
  ) {
    if (source.take(line) === undefined) break;
    end = source.at;
  }
  source.at = end;
  return fold(source.text.slice(start, end));
}

/** Collects pairs. */
export class Mapping {
  readonly value = new Map<unknown, unknown>();
  readonly #merged: unknown[] = [];

  add(source: Source, key: Key, value: unknown): void {
    if (key.merge) {
      this.#merged.push(...(Array.isArray(value) ? value : [value]));
      return;
    }
    if (this.value.has(key.value)) source.duplicates.push(source.place(key.at));
    this.value.set(key.value, value);
  }

  /** Adds what `<<` names, where the mapping itself says nothing. */
  finish(): ReadonlyMap<unknown, unknown> {
    for (const other of this.#merged) {
      if (!(other instanceof Map)) throw new YamlFault("a merge (<<) of something that is no mapping");
      for (const [key, value] of other) if (!this.value.has(key)) this.value.set(key, value);
    }
    return this.value;
  }
}
