/** Lists and mappings by indentation. https://yaml.org/spec/1.2.2/#chapter-8-block-style-productions */
import { readBlockScalar } from "./block-scalar.ts";
import { PLAIN, readSingle, type Single, settled } from "./flow.ts";
import { type Key, Mapping, type Properties, readPlain, readProperties } from "./nodes.ts";
import type { Source } from "./source.ts";

const DASH = /-(?=[ \t\n])/y;
const QUESTION = /\?(?=[ \t\n])/y;
const COLON = /[ \t]*:(?=[ \t\n])/y;
const LINE_END = /[ \t]*(?:\n|(?<=[ \t])#)/y;
const NO_COLON = "a key goes over several lines, or a colon is missing";
const SECOND_COLON =
  "a second colon on one line, or wrong indentation; put text that holds a colon in quotes";

/**
 * Reads the node that comes next; null when there is none.
 *
 * @param parent The column of the list or mapping that holds it, -1 for the document. The node stands to the right of it.
 * @param behindKey It may stand behind `key:`. Then no list or mapping begins on the same line, but a list may on the next one
 * in the key's column.
 */
export function readNode(source: Source, parent: number, behindKey = false): unknown {
  let onKeysLine = behindKey;
  const outer: Properties = {};
  for (;;) {
    if (source.skipToBlock()) onKeysLine = false;
    const { column } = source;
    const inside = column > parent || (column === parent && behindKey && source.sees(DASH));
    if (source.ended || !inside) return settled(source, { plain: "" }, outer);
    const inner = readProperties(source);
    // What stands on a line of its own belongs to all that follows, else to a first key.
    if (!source.sees(LINE_END)) return readContent(source, { parent, column, onKeysLine, outer, inner });
    Object.assign(outer, inner);
  }
}

interface Place {
  readonly parent: number;
  /** Where the node begins. */
  readonly column: number;
  readonly onKeysLine: boolean;
  readonly outer: Properties;
  readonly inner: Properties;
}

function readContent(source: Source, place: Place): unknown {
  const { parent, column, onKeysLine, inner } = place;
  const start = source.at;
  const properties = { ...place.outer, ...inner };
  const isList = source.sees(DASH);
  if (isList || source.sees(QUESTION)) {
    if (onKeysLine) source.fail("a list or a mapping begins on a line of its own");
    const read = isList ? readList : readMapping;
    return source.nested(() => read(source, column, properties));
  }
  if (source.text[start] === "|" || source.text[start] === ">") {
    return settled(source, { value: readBlockScalar(source, parent) }, properties);
  }
  const single = readSingle(source, parent, inner, PLAIN);
  if (source.sees(COLON)) {
    if (onKeysLine) source.fail(SECOND_COLON, start);
    const key = keyOf(source, single, inner, start);
    return source.nested(() => readMapping(source, column, place.outer, key));
  }
  return readLast(source, place, start, single, properties);
}

/** A value that is no key: it may go over several lines, and nothing stands behind it. */
function readLast(source: Source, place: Place, start: number, single: Single, all: Properties): unknown {
  if ("value" in single) {
    if (!source.sees(LINE_END)) source.fail("text stands behind the value here; put all of it in quotes");
    return settled(source, single, all);
  }
  const plain = readPlain(source, start, PLAIN, place.parent);
  if (source.sees(COLON)) {
    if (!place.onKeysLine) source.fail(NO_COLON, start);
    // The line with the colon is the one that was to be a key.
    source.at = source.lineStart;
    source.skip();
    source.fail(SECOND_COLON);
  }
  return settled(source, { plain }, all);
}

function readList(source: Source, column: number, { anchor }: Properties): unknown[] {
  const list: unknown[] = [];
  source.define(anchor, list);
  do {
    source.at++;
    list.push(readNode(source, column));
  } while (continues(source, column) && source.sees(DASH));
  return list;
}

/** @param first A key that has been read already. */
function readMapping(source: Source, column: number, { anchor }: Properties, first?: Key): unknown {
  const mapping = new Mapping();
  source.define(anchor, mapping.value);
  let key = first;
  do {
    if (key === undefined && source.sees(QUESTION)) {
      const at = source.at++;
      const value = readNode(source, column);
      const paired = continues(source, column) && source.take(COLON) !== undefined;
      mapping.add(source, { value, merge: false, at }, paired ? readNode(source, column) : null);
    } else {
      mapping.add(source, key ?? readKey(source, column), readNode(source, column, true));
    }
    key = undefined;
  } while (continues(source, column));
  return mapping.finish();
}

function readKey(source: Source, column: number): Key {
  if (source.sees(DASH)) source.fail("an entry of a list stands among the keys of a mapping");
  const properties = readProperties(source);
  const start = source.at;
  return keyOf(source, readSingle(source, column, properties, PLAIN), properties, start);
}

function keyOf(source: Source, single: Single, properties: Properties, at: number): Key {
  const severalLines = source.text.slice(at, source.at).includes("\n");
  if (severalLines || source.take(COLON) === undefined) source.fail(NO_COLON, at);
  const merge = "plain" in single && single.plain === "<<";
  return { value: settled(source, single, properties), merge, at };
}

/** Whether the next line goes on with the list or mapping that stands in this column. */
function continues(source: Source, column: number): boolean {
  source.skipToBlock();
  if (source.ended || source.column < column) return false;
  if (source.column > column) source.fail("wrong indentation: this stands deeper than what it belongs to");
  return true;
}
