/** Numbers and times for people, beside those that all pages have. */
import { count } from "../lib/format.ts";

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "medium" });

/** `1,204`, `100K`. */
export function short(value: number): string {
  return value < 100_000 ? count(value) : compact.format(value);
}

/** What is not known, as a dash. */
export function orDash(value: number | undefined, write: (value: number) => string): string {
  return value === undefined ? "–" : write(value);
}

export function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${((100 * part) / all).toFixed(1)}\u00a0%`;
}

export function time(date: Date): string {
  return Number.isNaN(date.getTime()) ? "–" : clock.format(date);
}

/** The value below which a share of them lies; they are sorted here. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
