/** Waiting between attempts: exponential with full jitter, an upstream's `Retry-After` honoured. */
import type { RouterError } from "../errors.ts";

export interface RetrySettings {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Throttled without a word on how long: Bedrock's quotas count by the minute. */
const THROTTLED_MS = 1000;

/**
 * Milliseconds to wait before a further attempt at the same place.
 * @param retry Counts from 1.
 * @returns undefined where the upstream wants to be left alone for longer than anybody would wait here.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(
  retry: number,
  { baseMs, maxMs }: RetrySettings,
  failure: RouterError,
  random: () => number,
): number | undefined {
  const jittered = random() * Math.min(maxMs, baseMs * 2 ** (retry - 1));
  const { askedWait, code } = failure;
  if (askedWait !== undefined && askedWait * 1000 > maxMs) return undefined;
  const least =
    askedWait !== undefined ? askedWait * 1000 : code === "rate_limit_exceeded" ? THROTTLED_MS : 0;
  return Math.min(maxMs, Math.max(jittered, least));
}
