import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RouterError } from "../../../src/errors.ts";
import { sleep } from "../../../src/lib/sleep.ts";
import { backoff } from "../../../src/routing/backoff.ts";

describe("backoff", () => {
  const settings = { baseMs: 250, maxMs: 4000 };
  const unavailable = new RouterError("upstream_unavailable", "x");

  it("doubles with each retry up to its maximum, with full jitter", () => {
    const longest = [1, 2, 3, 4, 5, 6, 50].map((retry) => backoff(retry, settings, unavailable, () => 1));
    expect(longest).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
    expect(backoff(3, settings, unavailable, () => 0)).toBe(0);
    expect(backoff(3, settings, unavailable, () => 0.5)).toBe(500);
  });

  it("honours an upstream's Retry-After, and does not ask again before it", () => {
    const throttled = (retryAfter: number) => new RouterError("rate_limit_exceeded", "x", { retryAfter });
    expect(backoff(1, settings, throttled(2), () => 0)).toBe(2000);
    expect(backoff(1, settings, throttled(4), () => 0)).toBe(4000);
    expect(backoff(1, settings, throttled(9), () => 0)).toBeUndefined();
    for (const code of ["upstream_unavailable", "upstream_error"] as const) {
      const failure = (retryAfter: number) => new RouterError(code, "x", { retryAfter });
      expect(backoff(1, settings, failure(3), () => 0)).toBe(3000);
      expect(backoff(1, settings, failure(20), () => 0)).toBeUndefined();
    }
    expect(backoff(1, settings, new RouterError("rate_limit_exceeded", "x"), () => 0)).toBe(1000);
    expect(backoff(5, settings, throttled(0), () => 0.5)).toBe(2000);
  });

  it("is never negative nor above its maximum", () => {
    const draw = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.nat(5000),
        fc.nat(5000),
        draw,
        (retry, a, b, random) => {
          const [baseMs, maxMs] = [Math.min(a, b), Math.max(a, b)];
          const pause = backoff(retry, { baseMs, maxMs }, unavailable, () => random);
          expect(pause).toBeGreaterThanOrEqual(0);
          expect(pause).toBeLessThanOrEqual(maxMs);
        },
      ),
    );
  });

  it("sleeps no longer than until the signal is aborted", async () => {
    const abort = new AbortController();
    const asleep = sleep(1e8, abort.signal);
    abort.abort();
    await asleep;
    await sleep(1e8, abort.signal);
    await sleep(0, new AbortController().signal);
  });
});
