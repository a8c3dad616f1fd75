/** Values that stand between other things: in brackets, in quotes, or without. */
import { type Key, Mapping, type Properties, readPlain, readProperties } from "./nodes.ts";
import { plainValue, readQuoted } from "./scalars.ts";
import type { Source } from "./source.ts";

/** Text without quotes: a colon belongs to it unless a space follows, a # unless one precedes. */
export const PLAIN = /(?:[ \t]*(?:[^ \t\n:#]|:(?![ \t\n])|(?<![ \t\n])#))+/y;
const PLAIN_IN_FLOW = /(?:[ \t]*(?:[^ \t\n:#,[\]{}]|:(?![ \t\n,[\]{}])|(?<![ \t\n])#))+/y;
const NO_PLAIN = /[,[\]{}#&*!|>'"%@`]|[-?:][ \t\n]/y;
const QUESTION = /\?(?=[ \t\n])/y;
const COLON = /:(?=[ \t\n,[\]{}])/y;
/** Behind quotes and brackets a colon needs no space: `{"a":1}`. */
const ANY_COLON = /:/y;
const NOTHING = /[,\]}]|:(?=[ \t\n,[\]{}])/y;

/** A value, or, of a text without quotes, what stands there. */
export type Single = { readonly value: unknown } | { readonly plain: string };

/**
 * Reads a text in quotes or brackets, an alias, or one line of text without quotes.
 *
 * @param parent The column of the block that it stands in.
 * @param line What a text without quotes may hold.
 */
export function readSingle(source: Source, parent: number, properties: Properties, line: RegExp): Single {
  switch (source.text[source.at]) {
    case '"':
    case "'":
      return { value: readQuoted(source, parent) };
    case "*":
      return { value: source.alias() };
    case "[":
    case "{":
      return { value: source.nested(() => readCollection(source, parent, properties)) };
  }
  const plain = source.sees(NO_PLAIN) ? undefined : source.take(line);
  return { plain: plain ?? source.fail("a text cannot begin with this character; put it in quotes") };
}

/** What a single value is; from here on aliases may stand for it. */
export function settled(source: Source, single: Single, { anchor, text }: Properties): unknown {
  const value = "value" in single ? single.value : text ? single.plain : plainValue(single.plain);
  source.define(anchor, value);
  return value;
}

function readCollection(source: Source, parent: number, { anchor }: Properties): unknown {
  const start = source.at++;
  const close = source.text[start] === "[" ? "]" : "}";
  const list: unknown[] = [];
  const mapping = new Mapping();
  source.define(anchor, close === "]" ? list : mapping.value);
  const next = (): string => {
    const moved = source.skip();
    const sign = source.text.charAt(source.at);
    if (source.ended || (moved && source.column <= parent && sign !== close)) {
      source.fail(
        "the bracket that begins here is not closed, or what it holds is indented too little",
        start,
      );
    }
    return sign;
  };
  while (next() !== close) {
    const { key, value } = readEntry(source, parent, next);
    if (close === "}") mapping.add(source, key, value ?? null);
    else list.push(value === undefined ? key.value : new Map([[key.value, value]]));
    if (next() === ",") source.at++;
    else if (source.text[source.at] !== close)
      source.fail("a comma, a closing bracket or a quote is missing here");
  }
  source.at++;
  return close === "]" ? list : mapping.finish();
}

/** Reads `key: value`, or a value alone, which is then the key. @param next Goes to the next token. */
function readEntry(source: Source, parent: number, next: () => void): { key: Key; value?: unknown } {
  const explicit = source.take(QUESTION) !== undefined;
  if (explicit) next();
  const at = source.at;
  const single = readNode(source, parent, explicit);
  const key = { value: single.value, merge: single.plain === "<<", at };
  next();
  const colon = source.take(single.plain === undefined ? ANY_COLON : COLON);
  if (colon === undefined) return explicit ? { key, value: null } : { key };
  next();
  return { key, value: readNode(source, parent, true).value };
}

function readNode(source: Source, parent: number, optional: boolean): { value: unknown; plain?: string } {
  const start = source.at;
  const properties = readProperties(source);
  if (source.sees(NOTHING) && (optional || source.at > start)) {
    return { value: settled(source, { plain: "" }, properties), plain: "" };
  }
  const begin = source.at;
  const single = readSingle(source, parent, properties, PLAIN_IN_FLOW);
  if ("value" in single) return { value: settled(source, single, properties) };
  const plain = readPlain(source, begin, PLAIN_IN_FLOW, parent);
  return { value: settled(source, { plain }, properties), plain };
}
