/** What a key's object keeps: what is reserved, and what each day has cost. */
import { openTables, type SchemaStep } from "../schema.ts";

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
}

type ReservationRow = Record<"day" | "minute" | "cost" | "tokens" | "due" | "unsettled", number> & {
  readonly id: string;
};
type DayRow = Record<
  "day" | "cost" | "tokens" | "requests" | "minute" | "minute_tokens" | "minute_requests",
  number
>;

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
        [...rows].map(({ day, minute_tokens, minute_requests, ...row }) => [
          day,
          { ...row, minuteTokens: minute_tokens, minuteRequests: minute_requests },
        ]),
      );
    },
    putDay(day, { cost, tokens, requests, minute, minuteTokens, minuteRequests }) {
      sql.exec(
        "INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[day, cost, tokens, requests, minute, minuteTokens, minuteRequests],
      );
    },
    forgetDays(before) {
      sql.exec("DELETE FROM days WHERE day < ?", before);
    },
  };
}
