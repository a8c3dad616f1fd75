import { parseExact } from "../lib/exact-json.ts";

/**
 * A value that an object kept as JSON; undefined where its text is damaged: one row does not take the others with it. The log
 * is told the table, and nothing of what stands there.
 * @param fits Whether it is what the table holds.
 */
export function storedJson<T>(
  table: string,
  text: string,
  fits: (value: unknown) => value is T,
  parse: (text: string) => unknown = JSON.parse,
): T | undefined {
  try {
    const value = parse(text);
    if (fits(value)) return value;
  } catch {
    // Not even JSON.
  }
  console.error(JSON.stringify({ code: "row_unreadable", table }));
  return undefined;
}

/** A list that was kept so, its numbers with all their digits. */
export function storedList(table: string, text: string): readonly unknown[] | undefined {
  return storedJson(table, text, isList, parseExact);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
