/** What a key's object keeps: what is reserved, what each day has cost, and the last exchanges. */
import type { LedgerLine } from "../../chat/ledger-line.ts";
import { isObject } from "../../lib/json.ts";
import { type DaySums, sumsJson, sumsOf } from "../ledger/sums.ts";
import { openTables, type SchemaStep } from "../schema.ts";
import { storedJson } from "../stored-json.ts";

/** A statement takes a hundred values. */
const LINES_AT_ONCE = 20;
/** Of exchanges; each takes the row of the one that was so many before it. */
export const MOST_LINES = 1000;

const STEPS: readonly SchemaStep[] = [
  ({ sql }) => {
    sql.exec(`CREATE TABLE reservations (
      id TEXT PRIMARY KEY, day INTEGER NOT NULL, minute INTEGER NOT NULL, cost INTEGER NOT NULL,
      tokens INTEGER NOT NULL, due INTEGER NOT NULL, unsettled INTEGER NOT NULL
    ) WITHOUT ROWID`);
    // The last minute of the day in which something was settled stands beside the day: a row an exchange for both.
    sql.exec(`CREATE TABLE days (
      day INTEGER PRIMARY KEY, cost INTEGER NOT NULL, tokens INTEGER NOT NULL, requests INTEGER NOT NULL,
      minute INTEGER NOT NULL, minute_tokens INTEGER NOT NULL, minute_requests INTEGER NOT NULL
    )`);
  },
  ({ sql }) => {
    // What the ledger has not been told of a day, and the day's last line, stand beside it: again a row for all.
    sql.exec("ALTER TABLE days ADD COLUMN line INTEGER NOT NULL DEFAULT 0");
    sql.exec("ALTER TABLE days ADD COLUMN untold TEXT");
    sql.exec(`CREATE TABLE lines (
      slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, line TEXT NOT NULL
    )`);
  },
];

/** Days and minutes are counted from the epoch. */
export interface Reservation {
  day: number;
  minute: number;
  cost: number;
  tokens: number;
  /** When it is booked in full unless it was settled before, in milliseconds since the epoch. */
  due: number;
  /** Booked in full already. */
  unsettled: boolean;
}

export interface DayCount {
  cost: number;
  tokens: number;
  requests: number;
  minute: number;
  minuteTokens: number;
  minuteRequests: number;
  /** The number of its last line; 0: it has none. */
  line: number;
  /** What the ledger has not been told. */
  untold: DaySums | undefined;
}

/** An exchange, by the id under which it was reserved; they are numbered from 1 on. */
export interface KeptLine {
  readonly number: number;
  readonly id: string;
  readonly line: LedgerLine;
}

export interface KeyTables {
  /** By their ids. */
  reservations(): Map<string, Reservation>;
  putReservation(id: string, reservation: Reservation): void;
  removeReservation(id: string): void;
  /** By their numbers, from one on. */
  days(from: number): Map<number, DayCount>;
  putDay(day: number, count: DayCount): void;
  /** Forgets the days before this one. */
  forgetDays(before: number): void;
  putLines(kept: readonly KeptLine[]): void;
  /** In place of the line of this id, where it is still kept. */
  replaceLine(id: string, line: LedgerLine): void;
  /** The newest before a number, the newest first. */
  lines(before: number, most: number): KeptLine[];
  /** The number of the newest; 0: there is none. */
  lastLine(): number;
  /** Forgets those of exchanges that began before this moment; tells when the oldest that is left began. */
  forgetLines(before: number): number | undefined;
}

type ReservationRow = Record<"day" | "minute" | "cost" | "tokens" | "due" | "unsettled", number> & {
  readonly id: string;
};
type DayRow = Record<
  "day" | "cost" | "tokens" | "requests" | "minute" | "minute_tokens" | "minute_requests" | "line",
  number
> & { readonly untold: string | null };

export function keyTables(storage: DurableObjectStorage): KeyTables {
  openTables(storage, STEPS);
  const { sql } = storage;
  return {
    reservations() {
      const rows = sql.exec<ReservationRow>("SELECT * FROM reservations");
      return new Map(
        [...rows].map(({ id, unsettled, ...row }) => [id, { ...row, unsettled: unsettled === 1 }]),
      );
    },
    putReservation(id, { day, minute, cost, tokens, due, unsettled }) {
      sql.exec(
        "INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[id, day, minute, cost, tokens, due, unsettled ? 1 : 0],
      );
    },
    removeReservation(id) {
      sql.exec("DELETE FROM reservations WHERE id = ?", id);
    },
    days(from) {
      const rows = sql.exec<DayRow>("SELECT * FROM days WHERE day >= ?", from);
      return new Map(
        [...rows].map(({ day, minute_tokens, minute_requests, untold, ...row }) => [
          day,
          {
            ...{ ...row, minuteTokens: minute_tokens, minuteRequests: minute_requests },
            untold: untold === null ? undefined : sumsOf(untold),
          },
        ]),
      );
    },
    putDay(day, { cost, tokens, requests, minute, minuteTokens, minuteRequests, line, untold }) {
      sql.exec(
        "INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ...[day, cost, tokens, requests, minute, minuteTokens, minuteRequests],
        ...[line, untold ? sumsJson(untold) : null],
      );
    },
    forgetDays(before) {
      sql.exec("DELETE FROM days WHERE day < ?", before);
    },
    putLines(kept) {
      // One statement for many: of a line by itself more than half is the statement.
      for (let at = 0; at < kept.length; at += LINES_AT_ONCE) {
        const some = kept.slice(at, at + LINES_AT_ONCE);
        const values = some.flatMap(({ number, id, line }) => {
          return [number % MOST_LINES, number, id, line.at, JSON.stringify(line)];
        });
        const rows = some.map(() => "(?, ?, ?, ?, ?)").join(", ");
        sql.exec(`INSERT OR REPLACE INTO lines VALUES ${rows}`, ...values);
      }
    },
    replaceLine(id, line) {
      sql.exec("UPDATE lines SET line = ? WHERE id = ?", JSON.stringify(line), id);
    },
    lines(before, most) {
      const rows = sql.exec<{ number: number; id: string; line: string }>(
        "SELECT number, id, line FROM lines WHERE number < ? ORDER BY number DESC LIMIT ?",
        ...[before, most],
      );
      return [...rows].flatMap(({ line: text, ...row }) => {
        const line = storedJson("lines", text, isLine);
        return line ? [{ ...row, line }] : [];
      });
    },
    lastLine() {
      return sql.exec<{ last: number }>("SELECT coalesce(max(number), 0) AS last FROM lines").one().last;
    },
    forgetLines(before) {
      sql.exec("DELETE FROM lines WHERE at < ?", before);
      const { at } = sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM lines").one();
      return at ?? undefined;
    },
  };
}

/** Written by these very tables. */
function isLine(value: unknown): value is LedgerLine {
  return isObject(value) && typeof value.request_id === "string" && typeof value.at === "number";
}
