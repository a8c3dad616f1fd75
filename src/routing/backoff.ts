/** Waiting between attempts: exponential with full jitter, an upstream's `Retry-After` honoured. */
import type { RouterError } from "../errors.ts";

export interface RetrySettings {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before a further attempt.
 * @param retry Counts from 1.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(
  retry: number,
  { baseMs, maxMs }: RetrySettings,
  failure: RouterError,
  random: () => number,
): number {
  const jittered = random() * Math.min(maxMs, baseMs * 2 ** (retry - 1));
  const asked = failure.code === "rate_limit_exceeded" ? (failure.retryAfter ?? 0) * 1000 : 0;
  return Math.min(maxMs, Math.max(jittered, asked));
}

/** Resolves after a while, at once when the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake, { once: true });
  });
}
