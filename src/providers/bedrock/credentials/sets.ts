/**
 * Temporary credentials, remembered for the isolate as plain values: a set for each role, session and source. A request never
 * waits for another's promise, which the runtime would refuse; it looks whether the values have come.
 */
import { asRouterError, RouterError } from "../../../errors.ts";
import { sleep } from "../../../lib/sleep.ts";
import type { SigningKeys } from "./source.ts";

/** What whoever gives credentials has given. */
export interface Issued {
  readonly keys: SigningKeys;
  /** Milliseconds for which they are valid, counted by the giver's own clock. */
  readonly lifetimeMs: number;
}

/** Asks for new ones. */
export type Ask = (signal: AbortSignal) => Promise<Issued>;

/** For whom. */
export interface Waiting {
  readonly signal: AbortSignal;
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
}

export interface CredentialSets {
  /** @throws RouterError of `ask`; the signal's reason when it was aborted. */
  find(id: string, ask: Ask, waiting: Waiting): Promise<SigningKeys> | SigningKeys;
  /** Forgets a set, if it still is this one. */
  drop(id: string, keys: SigningKeys): void;
}

const MAX_SETS = 100;
/** New ones are fetched so long before the end, at the latest: a call that fails may be repeated for a while. */
const RENEW_MS = 5 * 60_000;
/** What is signed now arrives a moment later. */
const ON_ITS_WAY_MS = 5_000;
const LONGEST_FETCH_MS = 5_000;
const LOOK_AGAIN_MS = 20;
const LONGEST_WAIT_MS = 1_000;
/** While nothing has come: how many requests of an isolate ask for the same set. */
const MOST_AT_ONCE = 4;
/** What was refused is refused again; whoever mends it waits no longer than this. */
const REFUSED_MS = 1_000;
/** After a renewal that failed, while the old ones serve. */
const RENEW_AGAIN_MS = 20_000;

/** Failures are told again as new errors: an error belongs to the request in which it was made. */
interface Failure {
  readonly at: number;
  readonly again: () => RouterError;
  readonly until: number;
}

interface CredentialSet {
  held: { readonly keys: SigningKeys; readonly endsAt: number } | undefined;
  renewAt: number;
  /** When each fetch that is under way began. One whose request died never ends: it counts for five seconds. */
  readonly fetches: Set<{ readonly at: number }>;
  failure: Failure | undefined;
}

/**
 * @param now Milliseconds since the epoch.
 * @param random A number in [0, 1).
 */
export function credentialSets(now: () => number, random: () => number): CredentialSets {
  /** The one that was used last stands last. */
  const sets = new Map<string, CredentialSet>();

  function setOf(id: string): CredentialSet {
    const known = sets.get(id);
    if (known) {
      sets.delete(id);
      sets.set(id, known);
      return known;
    }
    const [oldest] = sets.keys();
    if (sets.size >= MAX_SETS && oldest !== undefined) sets.delete(oldest);
    const made: CredentialSet = { held: undefined, renewAt: 0, fetches: new Set(), failure: undefined };
    sets.set(id, made);
    return made;
  }

  /** The keys, while they serve. */
  function held(set: CredentialSet): SigningKeys | undefined {
    return set.held && now() < set.held.endsAt - ON_ITS_WAY_MS ? set.held.keys : undefined;
  }

  function fetching(set: CredentialSet): number {
    for (const one of set.fetches) if (now() - one.at >= LONGEST_FETCH_MS) set.fetches.delete(one);
    return set.fetches.size;
  }

  async function fetchSet(set: CredentialSet, ask: Ask, signal: AbortSignal): Promise<SigningKeys> {
    const fetch = { at: now() };
    set.fetches.add(fetch);
    try {
      const { keys, lifetimeMs } = await ask(signal);
      const endsAt = now() + lifetimeMs;
      // Isolates that started together do not ask together.
      const early = Math.min(RENEW_MS, lifetimeMs / 3) * (1 + random() / 4);
      set.held = { keys, endsAt };
      set.renewAt = endsAt - early;
      set.failure = undefined;
      return keys;
    } catch (thrown) {
      // A client that left is no failure of AWS's.
      if (!signal.aborted && thrown instanceof RouterError) set.failure = failureOf(thrown, now());
      throw thrown;
    } finally {
      set.fetches.delete(fetch);
    }
  }

  /** Never rejects, for nobody waits: the old ones serve until their end. */
  async function renew(set: CredentialSet, ask: Ask): Promise<void> {
    try {
      await fetchSet(set, ask, new AbortController().signal);
    } catch (thrown) {
      set.renewAt = now() + RENEW_AGAIN_MS * (1 + random());
      set.failure = undefined;
      const { code, message } = asRouterError(thrown);
      console.warn(JSON.stringify({ code, message: `AWS credentials were not renewed: ${message}` }));
    }
  }

  async function wait(set: CredentialSet, ask: Ask, { signal }: Waiting): Promise<SigningKeys> {
    const began = now();
    for (;;) {
      const keys = held(set);
      if (keys) return keys;
      const { failure } = set;
      if (failure && (failure.at > began || failure.until > now())) throw failure.again();
      const others = fetching(set);
      const tired = now() - began >= LONGEST_WAIT_MS;
      if (others === 0 || (tired && others < MOST_AT_ONCE)) return fetchSet(set, ask, signal);
      await sleep(LOOK_AGAIN_MS, signal);
      if (signal.aborted) throw signal.reason;
    }
  }

  return {
    find(id, ask, waiting) {
      const set = setOf(id);
      const keys = held(set);
      if (!keys) return wait(set, ask, waiting);
      if (now() >= set.renewAt && fetching(set) === 0) {
        const renewed = renew(set, ask);
        waiting.background?.(renewed);
      }
      return keys;
    },
    drop(id, { sessionToken }) {
      const set = sets.get(id);
      if (set?.held?.keys.sessionToken === sessionToken && set) set.held = undefined;
    },
  };
}

function failureOf({ code, message, askedWait, retryable }: RouterError, at: number): Failure {
  return {
    at,
    again: () =>
      new RouterError(code, message, { ...(askedWait !== undefined && { retryAfter: askedWait }) }),
    until: retryable ? at : at + REFUSED_MS,
  };
}
