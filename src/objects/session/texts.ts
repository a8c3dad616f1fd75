/** Texts of any length in rows of SQLite. */
import { parseExact } from "../../lib/exact-json.ts";
import { cutAt } from "../../lib/text.ts";
import { storedJson } from "../stored-json.ts";

/** A row holds at most 2 MB, a UTF-16 unit becomes at most 3 bytes. */
const PART_CHARS = 500_000;

/** Under what a text is kept. */
export interface TextKey {
  /** 0 for what belongs to no turn. */
  readonly turn: number;
  readonly kind: "input" | "answer" | "system";
}

/** Keeps a value as JSON, in the place of what was there. Gives the length of that. */
export function writeText(sql: SqlStorage, { turn, kind }: TextKey, value: unknown): number {
  sql.exec("DELETE FROM texts WHERE turn = ? AND kind = ?", turn, kind);
  const text = JSON.stringify(value);
  let from = 0;
  for (let part = 0; from < text.length; part++) {
    // SQLite keeps UTF-8, which has no halves of characters.
    const length = cutAt(text.slice(from, from + PART_CHARS + 1), PART_CHARS);
    sql.exec("INSERT INTO texts VALUES (?, ?, ?, ?)", turn, kind, part, text.slice(from, from + length));
    from += length;
  }
  return text.length;
}

/**
 * The value that {@link writeText} kept; undefined when there is none, and where it is damaged.
 * @param fits Whether it is what stands there.
 */
export function readText<T>(
  sql: SqlStorage,
  { turn, kind }: TextKey,
  fits: (value: unknown) => value is T,
): T | undefined {
  const parts = sql
    .exec<{ text: string }>("SELECT text FROM texts WHERE turn = ? AND kind = ? ORDER BY part", turn, kind)
    .toArray();
  if (parts.length === 0) return undefined;
  return storedJson("texts", parts.map(({ text }) => text).join(""), fits, parseExact);
}
