/** What is left of the limits of a minute. */

export interface RateLimit {
  readonly limit: number;
  /** Never below 0. */
  readonly remaining: number;
  /** Until all of it is there again, in milliseconds. */
  readonly resetMs: number;
}

export interface RateLimits {
  readonly requests?: RateLimit;
  readonly tokens?: RateLimit;
}

/** Of several limits of a kind, the one that ends first. */
export function tightest(all: readonly RateLimits[]): RateLimits {
  const least = (kind: keyof RateLimits) =>
    all.flatMap((rates) => rates[kind] ?? []).toSorted((a, b) => a.remaining - b.remaining)[0];
  const requests = least("requests");
  const tokens = least("tokens");
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}
