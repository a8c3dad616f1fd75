/**
 * Lets targets that keep failing rest, so that requests do not wait for them. What is remembered is per isolate: plain
 * numbers by target and region, shared between requests.
 */

/** This many failures in a row, and a target rests. */
const PATIENCE = 3;
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;
/** Far more than anyone configures; a guard against configurations that change all the time. */
const MAX_ENTRIES = 1_000;

interface Record {
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface RestHouse {
  /** Notes a failure of the target's own: not a client's fault, not a client that left. */
  failed(key: string, retryAfterMs?: number): void;
  succeeded(key: string): void;
  isResting(key: string): boolean;
  /** When the rest ends, in milliseconds since the epoch; 0 for one that does not rest. */
  restsUntil(key: string): number;
}

/** @param now Milliseconds since the epoch. */
export function restHouse(now: () => number): RestHouse {
  const records = new Map<string, Record>();
  const restsUntil = (key: string): number => {
    const until = records.get(key)?.until ?? 0;
    return until > now() ? until : 0;
  };
  return {
    failed(key, retryAfterMs = 0) {
      const failures = (records.get(key)?.failures ?? 0) + 1;
      const beyond = failures - PATIENCE;
      const rest = beyond < 0 ? 0 : Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** beyond);
      const wait = beyond < 0 ? 0 : Math.max(rest, Math.min(retryAfterMs, LONGEST_REST_MS));
      if (records.size >= MAX_ENTRIES) records.clear();
      records.set(key, { failures, until: wait === 0 ? 0 : now() + wait });
    },
    succeeded(key) {
      records.delete(key);
    },
    isResting: (key) => restsUntil(key) > 0,
    restsUntil,
  };
}

/**
 * Those that do not rest, in order; when all rest, the one whose rest ends first: an attempt is better than none.
 * @param keyOf Under which key a candidate is known.
 */
export function rested<T>(candidates: readonly T[], house: RestHouse, keyOf: (candidate: T) => string): T[] {
  const awake = candidates.filter((candidate) => !house.isResting(keyOf(candidate)));
  if (awake.length > 0) return awake;
  const [first] = candidates.toSorted((a, b) => house.restsUntil(keyOf(a)) - house.restsUntil(keyOf(b)));
  return first === undefined ? [] : [first];
}
