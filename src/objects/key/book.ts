/** What a key's object keeps, in memory. What has changed is written together: a write costs more than all the rest. */
import type { LedgerLine, LedgerSettings } from "../../chat/ledger-line.ts";
import { addLine, type DayBatch, type DaySums, noSums } from "../ledger/sums.ts";
import type { DayCount, KeptLine, KeyTables, Reservation } from "./tables.ts";

/** Told at once: with a hundred long names of sessions a day takes 300 KB, and the batch is a value of 2 MB at most. */
const MOST_DAYS = 4;

export interface Book {
  readonly reservations: ReadonlyMap<string, Reservation>;
  readonly days: ReadonlyMap<number, DayCount>;
  putReservation(id: string, reservation: Reservation): void;
  removeReservation(id: string): void;
  /** The count of a day, to be changed: it will be written. */
  day(number: number): DayCount;
  /** Forgets the days before this one. */
  forgetDays(before: number): void;
  /** Notes an exchange in a day. @param cost In micro-dollars. */
  addLine(day: DayCount, kept: Omit<KeptLine, "number">, cost: number): void;
  /** Notes what an exchange was after all whose line says something else. */
  replaceLine(day: DayCount, before: LedgerLine, kept: Omit<KeptLine, "number">, cost: number): void;
  /** Takes what the ledger has not been told, of some days: the rest is for the next time. */
  takeUntold(): DayBatch;
  readonly hasUntold: boolean;
  /** Writes what has changed. */
  write(): void;
}

/**
 * @param from The first day that counts.
 * @param mode What of the exchanges is kept, beside the counts.
 */
export function keyBook(tables: KeyTables, from: number, mode: () => LedgerSettings["ledger"]): Book {
  const reservations = tables.reservations();
  const days = tables.days(from);
  /** Reservations that have a row. */
  const stored = new Set(reservations.keys());
  const changed = { reservations: new Set<string>(), days: new Set<number>() };
  let lines: KeptLine[] = [];
  let replaced: Omit<KeptLine, "number">[] = [];
  let forgetBefore: number | undefined;
  const numbers = [...days.values()].map(({ line }) => line);
  let lastLine = numbers.length === 0 ? tables.lastLine() : Math.max(...numbers);

  return {
    reservations,
    days,
    putReservation(id, reservation) {
      reservations.set(id, reservation);
      changed.reservations.add(id);
    },
    removeReservation(id) {
      reservations.delete(id);
      changed.reservations.add(id);
    },
    day(number) {
      const known = days.get(number) ?? {
        ...{ cost: 0, tokens: 0, requests: 0, minute: 0, minuteTokens: 0, minuteRequests: 0 },
        ...{ line: 0, untold: undefined },
      };
      days.set(number, known);
      changed.days.add(number);
      return known;
    },
    forgetDays(before) {
      for (const day of days.keys()) if (day < before) days.delete(day);
      forgetBefore = before;
    },
    addLine(day, kept, cost) {
      if (mode() === "off") return;
      day.untold ??= noSums();
      addLine(day.untold, kept.line, cost);
      if (mode() !== "lines") return;
      lastLine += 1;
      day.line = lastLine;
      lines.push({ ...kept, number: lastLine });
    },
    replaceLine(day, before, kept, cost) {
      if (mode() === "off") return;
      day.untold ??= noSums();
      addLine(day.untold, before, before.cost_micros ?? 0, -1);
      addLine(day.untold, kept.line, cost);
      replaced.push(kept);
    },
    takeUntold() {
      const taken: [number, DaySums][] = [];
      for (const [number, day] of days) {
        const { untold } = day;
        if (untold === undefined || taken.length === MOST_DAYS) continue;
        day.untold = undefined;
        changed.days.add(number);
        taken.push([number, untold]);
      }
      return taken;
    },
    get hasUntold() {
      return [...days.values()].some(({ untold }) => untold !== undefined);
    },
    write() {
      for (const id of changed.reservations) {
        const reservation = reservations.get(id);
        if (reservation) {
          tables.putReservation(id, reservation);
          stored.add(id);
        } else if (stored.delete(id)) tables.removeReservation(id);
      }
      changed.reservations.clear();
      for (const number of changed.days) {
        const day = days.get(number);
        if (day) tables.putDay(number, day);
      }
      changed.days.clear();
      tables.putLines(lines);
      for (const { id, line } of replaced) tables.replaceLine(id, line);
      [lines, replaced] = [[], []];
      if (forgetBefore !== undefined) tables.forgetDays(forgetBefore);
      forgetBefore = undefined;
    },
  };
}

/** The line of an exchange that nobody has settled: all that its object knows of it. */
export function unsettledLine(id: string, { minute, cost }: Reservation): LedgerLine {
  const none = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };
  return {
    ...{ request_id: id, at: minute * 60_000, api: "", door: "", stream: false, model: "", place: "" },
    ...{ strategy: null, reason: null, trail: "", status: 0, code: "unsettled", limited: false },
    ...{ ...none, cache_write_1h_tokens: 0, reasoning_tokens: 0, cost_micros: cost, estimated: true },
    ...{ first_ms: null, ms: 0, session: null },
  };
}
