/** Numbers and times for people. */

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "short", timeStyle: "medium" });

export function count(value: number): string {
  return value < 100_000 ? whole.format(value) : short.format(value);
}

/** US dollars: cents, or as much as there is of them. */
export function dollars(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value === 0) return "$0";
  return value < 0.01 ? `$${Number(value.toPrecision(2))}` : `$${value.toFixed(2)}`;
}

export function seconds(ms: number | undefined): string {
  return ms === undefined ? "–" : `${(ms / 1000).toFixed(2)} s`;
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
