/** The rows of a frame log in SQLite, until they expire. */
import type { FrameRow, FrameStore } from "./frame-log.ts";

/** How long frames are kept after their answer has ended, in milliseconds. */
export const KEEP_FRAMES_MS = 600_000;

export interface FrameRows extends FrameStore {
  /** Forgets the frames of answers that ended before this moment, from the oldest on, so that what is kept has no hole. */
  expire(endedBefore: number): void;
  /** What the stored frames of an answer say in words. */
  said(turn: number): string;
  /** When the answer of the oldest frames ended; undefined while it runs, and where there are no frames. */
  oldestEnd(): number | undefined;
  /** Forgets all frames; numbers go on after `last`. */
  clear(last: number): void;
}

const TABLE =
  "CREATE TABLE frames (row INTEGER PRIMARY KEY, turn INTEGER, first INTEGER, last INTEGER, lines TEXT NOT NULL)";
const BY_SEQ = "CREATE INDEX frame_last ON frames (last)";
const BY_TURN = "CREATE INDEX frame_turn ON frames (turn, last)";

/** Makes the table. */
export function makeFrameRows(sql: SqlStorage): void {
  for (const statement of [TABLE, BY_SEQ]) sql.exec(statement);
}

/** Lets the frames of one answer be found without reading those of others, and their words beside them. */
export function addWordsToFrameRows(sql: SqlStorage): void {
  sql.exec(BY_TURN);
  sql.exec("ALTER TABLE frames ADD COLUMN said TEXT NOT NULL DEFAULT ''");
}

/**
 * @param turns The table of the answers that have frames: their `number` and when they `ended`, in milliseconds since the epoch,
 *   null until then. An answer that it has no more counts as ended long ago.
 */
export function frameRows({ sql, kv }: DurableObjectStorage, turns: string): FrameRows {
  const number = (name: string): number => kv.get<number>(name) ?? 0;
  return {
    reserved: () => number("reserved"),
    reserve: (seq) => kv.put("reserved", seq),
    floor: () => number("floor"),
    append({ turn, first, last, lines, said }) {
      const columns = "INSERT INTO frames (turn, first, last, lines, said) VALUES (?, ?, ?, ?, ?)";
      sql.exec(columns, turn, first, last, lines, said);
    },
    said: (turn) =>
      sql
        .exec<{ said: string }>("SELECT said FROM frames WHERE turn = ? ORDER BY last, row", turn)
        .toArray()
        .map(({ said }) => said)
        .join(""),
    *rowsFrom(seq, turn) {
      type Row = FrameRow & Record<string, SqlStorageValue>;
      const columns = "SELECT turn, first, last, lines, said FROM frames";
      // Ordered as their indexes are, so that a reader that stops has read no more than it took.
      if (turn === undefined) yield* sql.exec<Row>(`${columns} WHERE last >= ? ORDER BY last, row`, seq);
      else yield* sql.exec<Row>(`${columns} WHERE turn = ? AND last >= ? ORDER BY last, row`, turn, seq);
    },
    expire(endedBefore) {
      const [kept] = sql
        .exec<{ row: number }>(
          `SELECT row FROM frames JOIN ${turns} ON number = turn WHERE ended IS NULL OR ended > ? ORDER BY row LIMIT 1`,
          endedBefore,
        )
        .toArray();
      const below = kept?.row ?? Number.MAX_SAFE_INTEGER;
      const [gone] = sql
        .exec<{ last: number }>("SELECT last FROM frames WHERE row < ? ORDER BY row DESC LIMIT 1", below)
        .toArray();
      if (!gone) return;
      sql.exec("DELETE FROM frames WHERE row < ?", below);
      kv.put("floor", gone.last);
    },
    oldestEnd() {
      const [oldest] = sql
        .exec<{ number: number | null; ended: number | null }>(
          `SELECT number, ended FROM (SELECT turn FROM frames ORDER BY row LIMIT 1) LEFT JOIN ${turns} ON number = turn`,
        )
        .toArray();
      if (!oldest) return undefined;
      return oldest.number === null ? 0 : (oldest.ended ?? undefined);
    },
    clear(last) {
      sql.exec("DELETE FROM frames");
      kv.put("floor", last);
    },
  };
}
