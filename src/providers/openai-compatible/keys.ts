/**
 * Which of several API keys serves the next call. A key that was refused or throttled rests, and the others take its
 * turns. What is remembered is per isolate: plain numbers, shared between requests.
 */
import type { RouterError } from "../../errors.ts";

/** Whoever mends a key or its account does so at the provider; nobody tells us. */
const REFUSED_MS = 300_000;
const LONGEST_THROTTLED_MS = 60_000;
/** Far more than anyone configures; a guard against configurations that change all the time. */
const MAX_ENTRIES = 1_000;

export interface KeyPool {
  /** The next key that does not rest; when all rest, the one whose rest ends first; undefined when there is none. */
  next(): string | undefined;
  /**
   * Notes how a call with a key failed, and tells whether another key of the pool is awake: then the call may be made
   * again at once. Failures that do not come from the key leave it awake, and give false.
   * @param status The upstream's HTTP status.
   */
  failed(key: string, status: number, error: RouterError): boolean;
  succeeded(key: string): void;
}

/** By pool: where the next turn begins. Each isolate starts somewhere at random, so that not all burden the first key. */
const positions = new Map<string, number>();
/** By pool and key: when its rest ends, in milliseconds since the epoch. */
const rests = new Map<string, number>();

/**
 * @param name Of the target. The same key may be refused or throttled for one model and not for another.
 * @param random A number in [0, 1).
 */
export function keyPool(name: string, keys: readonly string[], random: () => number = Math.random): KeyPool {
  const restKey = (key: string) => JSON.stringify([name, key]);
  const restsUntil = (key: string) => rests.get(restKey(key)) ?? 0;
  const isAwake = (key: string) => restsUntil(key) <= Date.now();
  return {
    next() {
      if (keys.length <= 1) return keys[0];
      const start = positions.get(name) ?? Math.floor(random() * keys.length);
      const turn = [...keys.keys()].map((step) => (start + step) % keys.length);
      const chosen = turn.find((index) => isAwake(keys[index] ?? "")) ?? leastBad(turn, keys, restsUntil);
      remember(positions, name, (chosen + 1) % keys.length);
      return keys[chosen];
    },
    failed(key, status, error) {
      const restMs = restOf(status, error);
      if (restMs === undefined) return false;
      if (keys.length > 1) remember(rests, restKey(key), Date.now() + restMs);
      return keys.some((other) => other !== key && isAwake(other));
    },
    succeeded: (key) => void rests.delete(restKey(key)),
  };
}

function leastBad(
  turn: readonly number[],
  keys: readonly string[],
  restsUntil: (key: string) => number,
): number {
  const until = (index: number) => restsUntil(keys[index] ?? "");
  return turn.toSorted((a, b) => until(a) - until(b))[0] ?? 0;
}

/** How long a key rests after this failure, in milliseconds; undefined when it is not the key's. */
function restOf(status: number, { retryAfter = 1, passthrough }: RouterError): number | undefined {
  if (status === 401 || status === 402 || status === 403) return REFUSED_MS;
  if (status !== 429) return undefined;
  // OpenAI says 429 also to an account without credit: waiting does not mend that.
  if (passthrough?.body.includes("insufficient_quota")) return REFUSED_MS;
  return Math.min(retryAfter * 1000, LONGEST_THROTTLED_MS);
}

function remember(memory: Map<string, number>, key: string, value: number): void {
  if (memory.size >= MAX_ENTRIES) memory.clear();
  memory.set(key, value);
}
