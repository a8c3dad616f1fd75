/**
 * A session in SQLite: its turns, what they said, and the frames that clients may still ask for. What a turn reads and writes
 * does not grow with the number of turns before it.
 */
import type { JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";
import { type FrameRows, frameRows } from "../frame-rows.ts";
import type { PastTurn } from "./history.ts";
import { openSessionTables } from "./tables.ts";
import { readText, writeText } from "./texts.ts";

/** Conversation kept in all; what does not fit a model is not sent anyway. */
const HISTORY_CHARS = 4 * 2 ** 20;
/** Turns whose ids are remembered. */
const KEPT_TURNS = 10_000;

export type TurnState = "waiting" | "running" | "complete" | "cancelled" | "failed" | "interrupted";

export interface SessionStore {
  readonly frames: FrameRows;
  /** Adds a turn that waits. `input` is what the history will keep of it. */
  add(id: string | undefined, input: readonly JsonObject[] | undefined): number;
  start(turn: number, before: number): void;
  /** Ends a turn; without an answer, the history forgets it. */
  end(turn: number, state: TurnState, now: number, answer: JsonObject | undefined): void;
  /** The newest turn of this id; `before` is the number before its first frame, null until it has begun. */
  byId(id: string): { readonly number: number; readonly before: number | null } | undefined;
  /** Turns that were under way when the memory was lost. */
  unfinished(): {
    readonly number: number;
    readonly id: string | undefined;
    readonly before: number | null;
  }[];
  /** The answered turns, the newest first. Read turn by turn: whoever stops half-way has read no further. */
  past(): Iterable<PastTurn>;
  system(): string | undefined;
  setSystem(text: string): void;
  /** Forgets the conversation and all frames; numbers go on. */
  reset(last: number): void;
  /** When the session was last used. */
  active(): number;
  touch(now: number): void;
}

// A type, not an interface: SqlStorage wants an index signature.
type TurnRow = { number: number; id: string | null; before: number | null };
const COLUMNS = "SELECT number, id, before FROM turns";
const SYSTEM = { turn: 0, kind: "system" } as const;

/** Opens a session's storage; its tables are made, or brought to their newest form. Throws when they are newer than this code. */
export function sessionStore(storage: DurableObjectStorage): SessionStore {
  openSessionTables(storage);
  const { sql, kv } = storage;
  const history = conversation(storage);
  const frames = frameRows(storage, "turns");
  const rows = (query: string, ...values: (string | number)[]) =>
    sql.exec<TurnRow>(query, ...values).toArray();

  return {
    frames,
    add(id, input) {
      const [row] = sql
        .exec<{ number: number }>(
          "INSERT INTO turns (number, id, state) SELECT COALESCE(MAX(number), 0) + 1, ?, 'waiting' FROM turns RETURNING number",
          id ?? null,
        )
        .toArray();
      const turn = row?.number ?? 0;
      if (input) writeText(sql, { turn, kind: "input" }, input);
      history.forgetId(turn - KEPT_TURNS);
      return turn;
    },
    start(turn, before) {
      sql.exec("UPDATE turns SET state = 'running', before = ? WHERE number = ?", before, turn);
    },
    end(turn, state, now, answer) {
      sql.exec("UPDATE turns SET state = ?, ended = ? WHERE number = ?", state, now, turn);
      history.keep(turn, answer);
    },
    byId(id) {
      const [row] = rows(`${COLUMNS} WHERE id = ? ORDER BY number DESC LIMIT 1`, id);
      return row && { number: row.number, before: row.before };
    },
    unfinished: () =>
      rows(`${COLUMNS} WHERE ended IS NULL ORDER BY number`).map(({ number, id, before }) => ({
        number,
        id: id ?? undefined,
        before,
      })),
    past: history.past,
    system: () => readText(sql, SYSTEM, isText),
    setSystem: (text) => void writeText(sql, SYSTEM, text),
    reset(last) {
      history.clear();
      frames.clear(last);
    },
    active: () => kv.get<number>("active") ?? 0,
    touch: (now) => kv.put("active", now),
  };
}

interface History {
  /** Keeps a turn with its answer; without one, or where it has no input, the turn is forgotten. */
  keep(turn: number, answer: JsonObject | undefined): void;
  past(): Iterable<PastTurn>;
  /** Forgets the id of a turn, and the turn itself where nothing is kept of it. */
  forgetId(turn: number): void;
  clear(): void;
}

/** What was said. `chars` of a turn is the length of what is kept of it: 0 for nothing. */
function conversation({ sql, kv }: DurableObjectStorage): History {
  const number = (name: string): number => kv.get<number>(name) ?? 0;
  /** A stateless turn has none. */
  const inputChars = (turn: number): number => {
    const query = "SELECT SUM(LENGTH(text)) AS chars FROM texts WHERE turn = ? AND kind = 'input'";
    const [row] = sql.exec<{ chars: number | null }>(query, turn).toArray();
    return row?.chars ?? 0;
  };
  const forgetText = (turn: number): void => {
    sql.exec("DELETE FROM texts WHERE turn = ?", turn);
    // The newest turn has to stay, so that no number is given twice.
    const old = turn <= number("forgotten");
    if (old) sql.exec("DELETE FROM turns WHERE number = ?", turn);
    else sql.exec("UPDATE turns SET chars = 0 WHERE number = ?", turn);
  };
  /** Forgets the oldest beyond what is kept. */
  const trim = (kept: number): number => {
    if (kept <= HISTORY_CHARS) return kept;
    let left = kept;
    const oldest = sql.exec<{ number: number; chars: number }>(
      "SELECT number, chars FROM turns WHERE chars > 0 ORDER BY number",
    );
    const gone: number[] = [];
    for (const turn of oldest) {
      if (left <= HISTORY_CHARS) break;
      left -= turn.chars;
      gone.push(turn.number);
    }
    for (const turn of gone) forgetText(turn);
    return left;
  };

  return {
    keep(turn, answer) {
      const input = answer && inputChars(turn);
      if (!input) return forgetText(turn);
      const chars = input + writeText(sql, { turn, kind: "answer" }, answer);
      sql.exec("UPDATE turns SET chars = ? WHERE number = ?", chars, turn);
      kv.put("history", trim(number("history") + chars));
    },
    *past() {
      const turns = sql.exec<{ number: number }>(
        "SELECT number FROM turns WHERE chars > 0 ORDER BY number DESC",
      );
      for (const { number: turn } of turns) {
        const input = readText(sql, { turn, kind: "input" }, areMessages);
        const answer = readText(sql, { turn, kind: "answer" }, isObject);
        // With a turn missing from its middle, a conversation may have results without their calls: what went before is left out, too.
        if (input === undefined || answer === undefined) return;
        yield { number: turn, input, answer };
      }
    },
    forgetId(turn) {
      if (turn <= 0) return;
      kv.put("forgotten", turn);
      sql.exec("UPDATE turns SET id = NULL WHERE number = ?", turn);
      sql.exec("DELETE FROM turns WHERE number = ? AND chars = 0 AND ended IS NOT NULL", turn);
    },
    clear() {
      sql.exec("DELETE FROM texts");
      // The newest stays, so that numbers of turns are not given twice.
      sql.exec("DELETE FROM turns WHERE ended IS NOT NULL AND number < (SELECT MAX(number) FROM turns)");
      sql.exec("UPDATE turns SET id = NULL, chars = 0");
      kv.put("history", 0);
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function areMessages(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isObject);
}
