/** What is left of the limits a minute, as Anthropic tells it. https://platform.claude.com/docs/en/api/rate-limits#response-headers */
import type { RateLimits } from "../../../chat/rate-limits.ts";

/** @param now Milliseconds since the epoch. */
export function limitHeaders(rates: RateLimits, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const kind of ["requests", "tokens"] as const) {
    const rate = rates[kind];
    if (rate === undefined) continue;
    headers[`anthropic-ratelimit-${kind}-limit`] = String(rate.limit);
    headers[`anthropic-ratelimit-${kind}-remaining`] = String(rate.remaining);
    headers[`anthropic-ratelimit-${kind}-reset`] = new Date(now + rate.resetMs).toISOString();
  }
  return headers;
}
