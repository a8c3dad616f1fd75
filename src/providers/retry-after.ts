/** Longer waits are no advice to anyone. */
const MAX_SECONDS = 86_400;
/** The three forms of an HTTP date all begin with the weekday; Date.parse alone would take `-5` for a date, too. */
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? /i;

/**
 * `Retry-After` in whole seconds, given as a number or as a date (RFC 9110 §10.2.3); at most a day, undefined when
 * unusable.
 * @param now Milliseconds since the epoch.
 */
export function retryAfterSeconds(headers: Headers, now: number = Date.now()): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  const seconds = secondsOf(value, now);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(Math.ceil(seconds), 0), MAX_SECONDS);
}

function secondsOf(value: string, now: number): number {
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value);
  return HTTP_DATE.test(value) ? (Date.parse(value) - now) / 1000 : Number.NaN;
}
