/** Numbers and times for people. */

/** `1,204`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** US dollars, `$0.00042`, `$1.20`: always two figures that say something. */
export function dollars(value: number): string {
  if (value === 0) return "$0";
  if (value >= 0.1) return `$${value.toFixed(2)}`;
  return `$${value.toFixed(Math.min(8, 1 - Math.floor(Math.log10(value))))}`;
}

/** `320 ms`, `1.4 s`, `12 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}
