/**
 * A configuration's text or file as plain values, before anything in it is checked. Mappings are `Map`s, so that keys such as
 * `__proto__` are only keys.
 */

/** What was read. */
export interface Document {
  /** The file's mapping, of Maps, arrays and scalars, possibly with cycles (aliases); undefined when there is none. */
  readonly root: ReadonlyMap<unknown, unknown> | undefined;
  /** What is wrong, one sentence each, beginning with its place. None quotes the text, which may hold secrets. */
  readonly problems: readonly string[];
}

/** Nested deeper, a configuration is refused. */
export const MAX_DEPTH = 100;
/** A text of JSON, the colon behind it if it is a key. Each character is looked at once. */
const JSON_TEXT = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Reads JSON at once; undefined for what is not JSON, not a mapping, nested too deeply, or has a key twice: all of that the
 * reader of YAML, of which JSON is a part, can name.
 */
export function readJson(text: string): Document | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const seen = { keys: 0, tooDeep: false };
  const root = mapped(value, MAX_DEPTH, seen);
  if (!(root instanceof Map) || seen.tooDeep) return undefined;
  let written = 0;
  for (const [, colon] of text.matchAll(JSON_TEXT)) if (colon !== undefined) written++;
  return written === seen.keys ? { root, problems: [] } : undefined;
}

/** The value with Maps for objects. Counts keys, and notes where it stops because there is more below `depth`. */
function mapped(value: unknown, depth: number, seen: { keys: number; tooDeep: boolean }): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) {
    seen.tooDeep = true;
    return undefined;
  }
  if (Array.isArray(value)) return value.map((entry) => mapped(entry, depth - 1, seen));
  const entries = Object.entries(value);
  seen.keys += entries.length;
  return new Map(entries.map(([key, entry]) => [key, mapped(entry, depth - 1, seen)]));
}
