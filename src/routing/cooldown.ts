/**
 * Lets places that keep failing cool down, so that requests do not wait for them. What is remembered is per isolate:
 * plain numbers by place, shared between requests.
 */
import type { Config } from "../config/types.ts";
import type { Place } from "../contracts.ts";

/** This many failures in a row, and a place cools down. */
const PATIENCE = 3;
const FIRST_MS = 5_000;
const LONGEST_MS = 60_000;
/** Far more than anyone configures; a guard against configurations that change all the time. */
const MAX_ENTRIES = 1_000;

interface Record {
  readonly place: Pick<Place, "target" | "id">;
  readonly failures: number;
  /** The one client that has seen them: they may be its own requests' doing. Undefined: all are concerned. */
  readonly by?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface Cooldown {
  /**
   * Notes a failure of the place's own: not a client's fault, not the router's, not a client that left. The third in a
   * row makes it cool down, for `retryAfterMs` at least but a minute at most: for the client alone, unless others have seen
   * one too, or the place has too much to do.
   */
  failed(place: Place, retryAfterMs?: number, throttled?: boolean): void;
  /** Makes the place cool down at once, for all. */
  rest(place: Place, ms: number): void;
  succeeded(place: Place): void;
  /** When it ends, in milliseconds since the epoch; 0 for a place that is ready. */
  until(place: Place): number;
}

/** What is known of places, by their names. */
export type Records = Map<string, Record>;

/**
 * @param now Milliseconds since the epoch.
 * @param client Who asks: what concerns another alone does not concern it.
 */
export function cooldown(now: () => number, records: Records = new Map(), client?: string): Cooldown {
  const remember = (place: Place, record: Omit<Record, "place">): void => {
    if (records.size >= MAX_ENTRIES) records.clear();
    records.set(keyOf(place), { place: { target: place.target, id: place.id }, ...record });
  };
  return {
    failed(place, retryAfterMs = 0, throttled = false) {
      const before = records.get(keyOf(place));
      const failures = (before?.failures ?? 0) + 1;
      const beyond = failures - PATIENCE;
      const backedOff = Math.min(LONGEST_MS, FIRST_MS * 2 ** beyond);
      const wait = beyond < 0 ? 0 : Math.max(backedOff, Math.min(retryAfterMs, LONGEST_MS));
      const alone = !throttled && (before === undefined || before.by === client);
      remember(place, { failures, by: alone ? client : undefined, until: wait === 0 ? 0 : now() + wait });
    },
    rest(place, ms) {
      const failures = (records.get(keyOf(place))?.failures ?? 0) + 1;
      remember(place, { failures, until: now() + ms });
    },
    succeeded(place) {
      records.delete(keyOf(place));
    },
    until(place) {
      const { until = 0, by } = records.get(keyOf(place)) ?? {};
      return until > now() && (by === undefined || by === client) ? until : 0;
    },
  };
}

/** Another region, or another key, of the same target may well answer. */
function keyOf({ target, id }: Place): string {
  return `${target.name} ${id}`;
}

/** Per configuration, so that what was learnt of a place goes when its configuration goes. */
const known = new WeakMap<Config, Records>();

/** What this isolate knows of a configuration's places, as far as it concerns a client. */
export function cooldownOf(config: Config, client?: string): Cooldown {
  const records: Records = known.get(config) ?? new Map();
  known.set(config, records);
  return cooldown(Date.now, records, client);
}

/** The places that cool down, for whomever: what this isolate knows. */
export function resting(config: Config): { model: string; place: string; ms: number }[] {
  const now = Date.now();
  return [...(known.get(config)?.values() ?? [])].flatMap(({ place, until }) =>
    until > now ? [{ model: place.target.name, place: place.id, ms: until - now }] : [],
  );
}

/** The places that are ready, in order; when none is, the one that is ready first: an attempt is better than none. */
export function ready(places: readonly Place[], { until }: Cooldown): Place[] {
  const awake = places.filter((place) => until(place) === 0);
  if (awake.length > 0) return awake;
  const [first] = places.toSorted((a, b) => until(a) - until(b));
  return first === undefined ? [] : [first];
}
