/** What is known of one place from the reports of all isolates: the logic of the Durable Object PlaceHealth, without a clock of its own. */
import type { Failed, Report, Summary, Timed } from "./report.ts";
import { timesOf } from "./times.ts";

/** Older times say nothing of today. */
const TIMES_MS = 600_000;
const MOST_TIMES = 200;
/** One client's prompts are not all prompts. */
const MOST_A_MINUTE = 20;
const MINUTE_MS = 60_000;
/** So many failures within so long, and the place rests. */
const PATIENCE = 3;
const FAILURES_MS = 30_000;
const MOST_FAILURES = 100;
const REST_MS = 5_000;
const LONGEST_MS = 60_000;
const MOST_CLIENTS = 1_000;

type At<T> = T & { readonly at: number };

export interface HealthWindow {
  /** @param now Milliseconds since the epoch. */
  tell(report: Report, now: number): Summary;
}

export function healthWindow(): HealthWindow {
  let times: At<Timed>[] = [];
  let failures: At<Failed & { readonly isolate: string }>[] = [];
  /** When each client had an answer last. */
  const answered = new Map<string, number>();
  let restUntil = 0;
  return {
    tell(report, now) {
      times = times.filter(({ at }) => now - at < TIMES_MS);
      for (const timed of report.times.slice(0, MOST_TIMES)) {
        const own = times.filter(({ client, at }) => client === timed.client && now - at < MINUTE_MS);
        if (own.length < MOST_A_MINUTE) times.push({ ...timed, at: now });
      }
      times = times.slice(-MOST_TIMES);
      for (const client of report.answered.slice(0, MOST_CLIENTS)) answered.set(client, now);
      for (const [client, at] of answered) if (now - at > MINUTE_MS) answered.delete(client);
      failures = failures.filter(({ at }) => now - at < FAILURES_MS);
      const { isolate } = report;
      failures.push(...report.failures.slice(0, MOST_FAILURES).map((one) => ({ ...one, isolate, at: now })));
      failures = failures.slice(-MOST_FAILURES);
      if (report.failures.length > 0) restUntil = Math.max(restUntil, now + restFor());
      const throttled = failures.some(({ throttledMs }) => throttledMs !== undefined);
      return { times: timesOf(times), restMs: Math.max(0, restUntil - now), throttled };
    },
  };

  /** Too much to do is true for all. What else fails may be one client's doing, and counts once it cannot be. */
  function restFor(): number {
    const throttles = failures.flatMap(({ throttledMs }) => throttledMs ?? []);
    if (throttles.length >= PATIENCE) return Math.min(LONGEST_MS, Math.max(REST_MS, ...throttles));
    const broken = failures.filter(({ throttledMs }) => throttledMs === undefined);
    if (broken.length < PATIENCE) return 0;
    const clients = new Set(broken.map(({ client }) => client));
    const isolates = new Set(broken.map(({ isolate }) => isolate));
    const othersAreWell = [...answered.keys()].some((client) => !clients.has(client));
    return clients.size > 1 || (isolates.size > 1 && !othersAreWell) ? REST_MS : 0;
  }
}
