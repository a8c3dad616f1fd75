/**
 * Reads YAML 1.2: its syntax for one document, the core schema's values, and merge keys (`<<`). Written here because the
 * library `yaml` is 30 KiB gzip of a Worker that should have 100, and this 3; the tests hold the one against the other.
 * Left out are keys that are not there (`: value`) and tags beyond the core schema's.
 */
import { readNode } from "./block.ts";
import { Source, YamlFault } from "./source.ts";

export { YamlFault } from "./source.ts";

/** Values that aliases may add to a file: enough for shared settings, too little to be busy with for long. */
const MAX_ALIASED = 100_000;
const LINE = /[^\n]*\n/y;
const START = /(?<![^\n])---(?=[ \t\n])/y;
const END = /(?<![^\n])\.\.\.(?=[ \t\n])/y;

export interface Parsed {
  /** Of Maps, arrays and scalars; possibly with cycles (aliases). */
  readonly value: unknown;
  /** Where keys stand a second time in their mapping: `line 3, column 5`. The later one holds. */
  readonly duplicates: readonly string[];
}

/** @throws YamlFault at the first fault. */
export function parse(text: string): Parsed {
  const source = new Source(text);
  source.skip();
  const directives = source.text[source.at] === "%";
  while (source.text[source.at] === "%") {
    source.take(LINE);
    source.skip();
  }
  if (source.take(START) === undefined && directives) source.fail("a line --- is missing behind the % lines");
  const value = readNode(source, -1);
  source.skip();
  const { ended } = source;
  while (source.take(END) !== undefined) source.skip();
  if (source.at < source.text.length) {
    source.fail(
      ended
        ? "a second document begins here; wanted a single one, without a --- between"
        : "wrong indentation: this belongs to nothing above it",
    );
  }
  // Without aliases there are fewer values than characters.
  if (valuesOf(value, new Map()) > text.length + MAX_ALIASED) throw new YamlFault("too many aliases");
  return { value, duplicates: source.duplicates };
}

/** How many values there are when each alias is a copy. A value that holds itself counts once. */
function valuesOf(value: unknown, known: Map<object, number>): number {
  if (!(value instanceof Map || Array.isArray(value))) return 1;
  const counted = known.get(value);
  if (counted !== undefined) return counted;
  known.set(value, 1);
  let count = 1;
  for (const part of value instanceof Map ? [...value.keys(), ...value.values()] : value) {
    count += valuesOf(part, known);
  }
  known.set(value, count);
  return count;
}
