/**
 * What a key has used and what is held for its requests under way. One object counts for a key, and whatever it does with
 * these numbers is one synchronous step, so limits hold to the micro-dollar however many requests come at once. Each request
 * counts in the minute, day and month (UTC) in which it was reserved.
 */
import type { RateLimit, RateLimits } from "../../chat/rate-limits.ts";
import type { LedgerLine } from "../../chat/ledger-line.ts";
import type { Amount, CountedLimits, KeyUsage, Note, Reserve, Used, Verdict } from "./account-object.ts";
import { type Book, unsettledLine } from "./book.ts";
import type { DayCount, Reservation } from "./tables.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The longest month, and some days for what is settled late. */
export const KEEP_DAYS = 62;
/** How long somebody may still say what an exchange cost that was booked in full. */
const KEEP_UNSETTLED_MS = DAY_MS;

export interface KeyCounts {
  /** @param now Milliseconds since the epoch. */
  reserve(ask: Reserve, now: number): Verdict;
  /** @returns whether something was reserved under this id. */
  settle(id: string, used: Amount, line?: LedgerLine): boolean;
  cancel(id: string): void;
  /** Takes an exchange for which nothing was reserved. */
  note(note: Note): void;
  usage(now: number): KeyUsage;
  /** Books in full what nobody has settled in time. */
  expire(now: number): void;
  /** When {@link KeyCounts.expire} has something to do next; undefined: never. */
  nextDue(): number | undefined;
}

/** Changes the book, and writes nothing. */
export function keyCounts(book: Book, startedAt: number): KeyCounts {
  const { reservations, days } = book;
  /** Held for the requests under way, by the day in which they began. */
  const held = new Map<number, number>();
  for (const { day, cost, unsettled } of reservations.values()) if (!unsettled) hold(day, cost);
  let minute = minuteCount(minuteOf(startedAt));

  function hold(day: number, cost: number): void {
    const sum = (held.get(day) ?? 0) + cost;
    if (sum === 0) held.delete(day);
    else held.set(day, sum);
  }

  /** From what is kept: what was settled in this minute, and what was reserved in it. */
  function minuteCount(number: number): { number: number; requests: number; tokens: number } {
    const count = { number, requests: 0, tokens: 0 };
    for (const day of days.values()) {
      if (day.minute !== number) continue;
      count.requests += day.minuteRequests;
      count.tokens += day.minuteTokens;
    }
    for (const reservation of reservations.values()) {
      if (reservation.minute !== number || reservation.unsettled) continue;
      count.requests += 1;
      count.tokens += reservation.tokens;
    }
    return count;
  }

  /** What the days from one on have cost, and what is held in them. */
  function since(day: number): { used: number; held: number } {
    const sum = { used: 0, held: 0 };
    for (const [number, { cost }] of days) if (number >= day) sum.used += cost;
    for (const [number, cost] of held) if (number >= day) sum.held += cost;
    return sum;
  }

  function usedSince(day: number): Used {
    const sum = { cost: 0, tokens: 0, requests: 0 };
    for (const [number, { cost, tokens, requests }] of days) {
      if (number < day) continue;
      sum.cost += cost;
      sum.tokens += tokens;
      sum.requests += requests;
    }
    return sum;
  }

  function ratesOf({ requestsMinute, tokensMinute }: CountedLimits, now: number): RateLimits {
    const resetMs = (minuteOf(now) + 1) * MINUTE_MS - now;
    const rate = (limit: number, used: number): RateLimit => ({
      ...{ limit, remaining: Math.max(0, limit - used), resetMs },
    });
    return {
      ...(requestsMinute !== undefined && { requests: rate(requestsMinute, minute.requests) }),
      ...(tokensMinute !== undefined && { tokens: rate(tokensMinute, minute.tokens) }),
    };
  }

  function refusal(ask: Reserve, requests: number, now: number): Verdict | undefined {
    const { limits, cost, tokens } = ask;
    const refused = (
      limit: keyof CountedLimits,
      { most, used, held: heldNow }: { most: number; used: number; held: number },
      resetAt: number,
    ): Verdict => ({
      ...{ kind: "refused", limit, most, used, held: heldNow, resetAt, resetMs: resetAt - now },
      rates: ratesOf(limits, now),
    });
    const money = (limit: "moneyDay" | "moneyMonth", from: number, resetAt: number): Verdict | undefined => {
      const most = limits[limit];
      const sum = since(from);
      if (most === undefined || sum.used + sum.held + cost <= most) return undefined;
      return refused(limit, { most, ...sum }, resetAt);
    };
    const rate = (
      limit: "requestsMinute" | "tokensMinute",
      used: number,
      more: number,
    ): Verdict | undefined => {
      const most = limits[limit];
      if (most === undefined || used + more <= most) return undefined;
      return refused(limit, { most, used, held: 0 }, (minuteOf(now) + 1) * MINUTE_MS);
    };
    const [month, nextMonth] = monthOf(now);
    return (
      money("moneyMonth", month, nextMonth * DAY_MS) ??
      money("moneyDay", dayOf(now), (dayOf(now) + 1) * DAY_MS) ??
      rate("requestsMinute", minute.requests, requests) ??
      rate("tokensMinute", minute.tokens, tokens)
    );
  }

  /** Books an exchange in the day, and the minute, in which it was reserved. */
  function bookUse({ day, minute: at }: Reservation, change: Used): DayCount {
    const count = book.day(day);
    add(count, change);
    if (at > count.minute) Object.assign(count, { minute: at, minuteTokens: 0, minuteRequests: 0 });
    if (at === count.minute) {
      count.minuteTokens += change.tokens;
      count.minuteRequests += change.requests;
    }
    return count;
  }

  function forget(id: string, reservation: Reservation): void {
    book.removeReservation(id);
    if (!reservation.unsettled) hold(reservation.day, -reservation.cost);
  }

  return {
    reserve(ask, now) {
      if (minute.number !== minuteOf(now)) minute = minuteCount(minuteOf(now));
      const { id, cost, tokens, holdMs, limits } = ask;
      const before = reservations.get(id);
      // What was booked in full, because a clock has jumped, stays booked.
      const known = before?.unsettled ? undefined : before;
      const requests = known === undefined ? 1 : 0;
      const refused = refusal(ask, requests, now);
      if (refused) return refused;
      const reservation = known ?? {
        ...{ day: dayOf(now), minute: minuteOf(now), cost: 0, tokens: 0, due: 0, unsettled: false },
      };
      reservation.cost += cost;
      reservation.tokens += tokens;
      reservation.due = now + holdMs;
      hold(reservation.day, cost);
      book.putReservation(id, reservation);
      if (reservation.minute === minute.number) {
        minute.requests += requests;
        minute.tokens += tokens;
      }
      return { kind: "granted", rates: ratesOf(limits, now) };
    },
    settle(id, used, line) {
      const reservation = reservations.get(id);
      if (!reservation) return false;
      const { cost, tokens, unsettled, minute: at } = reservation;
      forget(id, reservation);
      const before = unsettledLine(id, reservation);
      const kept = { id, line: line ?? { ...before, code: null, cost_micros: used.cost } };
      if (unsettled) {
        const change = { cost: used.cost - cost, tokens: used.tokens - tokens, requests: 0 };
        book.replaceLine(bookUse(reservation, change), before, kept, used.cost);
        return true;
      }
      book.addLine(bookUse(reservation, { ...used, requests: 1 }), kept, used.cost);
      if (at === minute.number) minute.tokens += used.tokens - tokens;
      return true;
    },
    note({ id, line, counted }) {
      const count = book.day(dayOf(line.at));
      const cost = line.cost_micros ?? 0;
      if (!counted) add(count, { cost, tokens: line.input_tokens + line.output_tokens, requests: 1 });
      book.addLine(count, { id, line }, cost);
    },
    cancel(id) {
      const reservation = reservations.get(id);
      if (!reservation || reservation.unsettled) return;
      forget(id, reservation);
      if (reservation.minute !== minute.number) return;
      minute.requests -= 1;
      minute.tokens -= reservation.tokens;
    },
    usage(now) {
      const [month] = monthOf(now);
      return { day: usedSince(dayOf(now)), month: usedSince(month), held: since(month).held };
    },
    expire(now) {
      for (const [id, reservation] of reservations) {
        if (reservation.unsettled) {
          if (reservation.due + KEEP_UNSETTLED_MS <= now) forget(id, reservation);
        } else if (reservation.due <= now) {
          hold(reservation.day, -reservation.cost);
          reservation.unsettled = true;
          book.putReservation(id, reservation);
          const { cost, tokens } = reservation;
          const count = bookUse(reservation, { cost, tokens, requests: 1 });
          book.addLine(count, { id, line: unsettledLine(id, reservation) }, cost);
        }
      }
      book.forgetDays(dayOf(now) - KEEP_DAYS);
    },
    nextDue() {
      const dues = [...reservations.values()].map(({ due, unsettled }) =>
        unsettled ? due + KEEP_UNSETTLED_MS : due,
      );
      return dues.length === 0 ? undefined : dues.reduce((least, due) => Math.min(least, due));
    },
  };
}

function add(count: DayCount, { cost, tokens, requests }: Used): void {
  count.cost += cost;
  count.tokens += tokens;
  count.requests += requests;
}

/** Days are counted from the epoch, UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS);
}

/** The first day of the month, and of the next. */
function monthOf(ms: number): [number, number] {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return [dayOf(Date.UTC(year, month, 1)), dayOf(Date.UTC(year, month + 1, 1))];
}
