/** A session in SQLite: its turns, what they said, and the frames that clients may still ask for. */
import type { JsonObject } from "../../chat/request.ts";
import type { LogRow, LogStore } from "./chunk-log.ts";
import type { PastTurn } from "./history.ts";

/** A row holds at most 2 MB, a UTF-16 unit becomes at most 3 bytes. */
const PART_CHARS = 500_000;
/** Conversation kept in all; what does not fit a model is not sent anyway. */
const HISTORY_CHARS = 4 * 2 ** 20;
/** Ids remembered, at least. */
const KEPT_TURNS = 10_000;

export type TurnState = "waiting" | "running" | "complete" | "cancelled" | "failed" | "interrupted";

// A type, not an interface: SqlStorage wants an index signature.
type TurnRow = {
  number: number;
  id: string | null;
  state: string;
  /** The number before its first frame. */
  before: number | null;
};

export interface SessionStore extends LogStore {
  /** Adds a turn that waits. `input` is what the history will keep of it. */
  add(id: string | undefined, input: readonly JsonObject[] | undefined): number;
  start(turn: number, before: number): void;
  /** Ends a turn; without an answer, the history forgets it. */
  end(turn: number, state: TurnState, now: number, answer: JsonObject | undefined): void;
  /** The newest turn of this id. */
  byId(id: string): { readonly number: number; readonly before: number | null } | undefined;
  /** Turns that were under way when the memory was lost. */
  unfinished(): {
    readonly number: number;
    readonly id: string | undefined;
    readonly before: number | null;
  }[];
  past(): PastTurn[];
  system(): string | undefined;
  setSystem(text: string): void;
  /** Forgets the conversation and all frames; numbers go on. */
  reset(last: number): void;
  /** Forgets the frames of turns that ended before this moment. */
  expire(endedBefore: number): void;
  /** When the oldest turn whose frames are kept ended. */
  oldestEnd(): number | undefined;
  /** When the session was last used. */
  active(): number;
  touch(now: number): void;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS turns (number INTEGER PRIMARY KEY, id TEXT, state TEXT NOT NULL, before INTEGER, ended INTEGER);
  CREATE INDEX IF NOT EXISTS turn_ids ON turns (id);
  CREATE TABLE IF NOT EXISTS texts (turn INTEGER, kind TEXT, part INTEGER, text TEXT NOT NULL, PRIMARY KEY (turn, kind, part));
  CREATE TABLE IF NOT EXISTS frames (row INTEGER PRIMARY KEY, turn INTEGER, first INTEGER, last INTEGER, lines TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS frame_last ON frames (last);
`;

/** Opens a session's storage; its tables are made where there are none. */
export function sessionStore({ sql, kv }: DurableObjectStorage): SessionStore {
  sql.exec(TABLES);
  const number = (name: string): number => kv.get<number>(name) ?? 0;
  const writeText = (turn: number, kind: string, value: unknown): void => {
    const text = JSON.stringify(value);
    for (let part = 0; part * PART_CHARS < text.length; part++) {
      const piece = text.slice(part * PART_CHARS, (part + 1) * PART_CHARS);
      sql.exec("INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)", turn, kind, part, piece);
    }
  };
  /** A stateless turn has none. */
  const hasInput = (turn: number): boolean =>
    sql.exec("SELECT 1 FROM texts WHERE turn = ? AND kind = 'input' LIMIT 1", turn).toArray().length > 0;

  return {
    add(id, input) {
      const [row] = sql
        .exec<{ number: number }>(
          "INSERT INTO turns (number, id, state) SELECT COALESCE(MAX(number), 0) + 1, ?, 'waiting' FROM turns RETURNING number",
          id ?? null,
        )
        .toArray();
      const turn = row?.number ?? 0;
      if (input) writeText(turn, "input", input);
      return turn;
    },
    start(turn, before) {
      sql.exec("UPDATE turns SET state = 'running', before = ? WHERE number = ?", before, turn);
    },
    end(turn, state, now, answer) {
      sql.exec("UPDATE turns SET state = ?, ended = ? WHERE number = ?", state, now, turn);
      if (answer && hasInput(turn)) writeText(turn, "answer", answer);
      else sql.exec("DELETE FROM texts WHERE turn = ?", turn);
      trim(sql);
    },
    byId(id) {
      const [row] = sql
        .exec<TurnRow>("SELECT * FROM turns WHERE id = ? ORDER BY number DESC LIMIT 1", id)
        .toArray();
      return row && { number: row.number, before: row.before };
    },
    unfinished: () =>
      sql
        .exec<TurnRow>("SELECT * FROM turns WHERE ended IS NULL ORDER BY number")
        .toArray()
        .map(({ number, id, before }) => ({ number, id: id ?? undefined, before })),
    past: () => pastTurns(sql),
    system: () => kv.get<string>("system"),
    setSystem: (text) => kv.put("system", text),
    reset(last) {
      sql.exec("DELETE FROM texts");
      sql.exec("DELETE FROM frames");
      // The newest stays, so that numbers of turns are not given twice.
      sql.exec("DELETE FROM turns WHERE ended IS NOT NULL AND number < (SELECT MAX(number) FROM turns)");
      sql.exec("UPDATE turns SET id = NULL");
      kv.delete("system");
      kv.put("floor", last);
    },
    expire(endedBefore) {
      const [row] = sql
        .exec<{ first: number | null }>(
          `SELECT MIN(first) AS first FROM frames JOIN turns ON turns.number = frames.turn
           WHERE ended IS NULL OR ended > ?`,
          endedBefore,
        )
        .toArray();
      // Only from the beginning on, so that what is kept has no hole.
      const below = row?.first ?? Number.MAX_SAFE_INTEGER;
      const [gone] = sql
        .exec<{ last: number | null }>("SELECT MAX(last) AS last FROM frames WHERE last < ?", below)
        .toArray();
      if (typeof gone?.last !== "number") return;
      sql.exec("DELETE FROM frames WHERE last < ?", below);
      kv.put("floor", gone.last);
    },
    oldestEnd() {
      const [row] = sql
        .exec<{ ended: number | null }>(
          "SELECT MIN(ended) AS ended FROM turns WHERE number IN (SELECT turn FROM frames)",
        )
        .toArray();
      return row?.ended ?? undefined;
    },
    active: () => number("active"),
    touch: (now) => kv.put("active", now),
    reserved: () => number("reserved"),
    reserve: (seq) => kv.put("reserved", seq),
    floor: () => number("floor"),
    append({ turn, first, last, lines }) {
      sql.exec("INSERT INTO frames (turn, first, last, lines) VALUES (?, ?, ?, ?)", turn, first, last, lines);
    },
    rowsFrom: (seq) =>
      sql.exec<LogRow & Record<string, SqlStorageValue>>(
        "SELECT turn, first, last, lines FROM frames WHERE last >= ? ORDER BY row",
        seq,
      ),
  };
}

function pastTurns(sql: SqlStorage): PastTurn[] {
  const rows = sql.exec<{ turn: number; kind: string; text: string }>(
    `SELECT turn, kind, text FROM texts WHERE turn IN (SELECT turn FROM texts WHERE kind = 'answer')
     ORDER BY turn, kind DESC, part`,
  );
  const texts = new Map<number, { input: string; answer: string }>();
  for (const { turn, kind, text } of rows) {
    const entry = texts.get(turn) ?? { input: "", answer: "" };
    if (kind === "input") entry.input += text;
    else entry.answer += text;
    texts.set(turn, entry);
  }
  return [...texts].map(([number, { input, answer }]) => ({
    number,
    input: JSON.parse(input),
    answer: JSON.parse(answer),
  }));
}

/** Forgets the oldest conversation beyond what is kept, and the oldest ids. */
function trim(sql: SqlStorage): void {
  sql.exec(
    `DELETE FROM texts WHERE turn <= (
       SELECT MAX(turn) FROM (
         SELECT turn, SUM(SUM(LENGTH(text))) OVER (ORDER BY turn DESC) AS total FROM texts GROUP BY turn
       ) WHERE total > ?
     )`,
    HISTORY_CHARS,
  );
  sql.exec(
    `DELETE FROM turns WHERE number <= (SELECT MAX(number) FROM turns) - ?
     AND number NOT IN (SELECT turn FROM texts) AND number NOT IN (SELECT turn FROM frames)`,
    KEPT_TURNS,
  );
}
