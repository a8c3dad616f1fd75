/**
 * What a model has cached of prompts: exact prefixes, by model and region, each as long as its point says since it was last used.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import { createHash } from "node:crypto";

/** How far before a point a model looks for what it knows. */
const LOOKBACK_BLOCKS = 20;
const LIFE_MS = { "5m": 300_000, "1h": 3_600_000 } as const;
/** A demo that runs for days should not keep every prompt it saw. */
const MOST_PREFIXES = 100_000;

/** A piece of a prompt, in its order. */
export interface PromptPart {
  readonly tokens: number;
  /** What makes two parts the same. */
  readonly key: string;
  /** Behind it stands a point; how long that keeps. */
  readonly point?: keyof typeof LIFE_MS;
}

/** Where a call is made: nothing is shared between regions. */
export interface CacheSite {
  readonly cache: PromptCache;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface CacheCounts {
  readonly total: number;
  readonly read: number;
  readonly write: number;
}

interface Prefix {
  readonly lifeMs: number;
  readonly until: number;
}

export class PromptCache {
  readonly #prefixes = new Map<string, Prefix>();

  /**
   * Counts one prompt; what it marks counts as cached from now on. Tokens up to the longest known prefix are read, from there
   * to the last point they are written.
   * @param minimum Fewest tokens that are cached.
   */
  use(parts: readonly PromptPart[], model: string, minimum: number, { region, now }: CacheSite): CacheCounts {
    const hash = createHash("sha256").update(JSON.stringify([region, model]));
    const points = parts.flatMap(({ point }, index) => (point ? [index] : []));
    const near = (at: number) => points.some((index) => index >= at && index - at <= LOOKBACK_BLOCKS);
    const used: [key: string, prefix: Prefix][] = [];
    let total = 0;
    let read = 0;
    let cached = 0;
    for (const [index, { tokens, key, point }] of parts.entries()) {
      hash.update(`${key.length}:${key}`);
      total += tokens;
      if (total < minimum || !near(index)) continue;
      const prefix = hash.copy().digest("base64");
      const known = this.#prefixes.get(prefix);
      const alive = known !== undefined && now < known.until;
      if (alive) read = total;
      const lifeMs = point ? LIFE_MS[point] : known?.lifeMs;
      if (point) cached = total;
      if (lifeMs !== undefined && (point || alive)) used.push([prefix, { lifeMs, until: now + lifeMs }]);
    }
    for (const [key, prefix] of used) this.#keep(key, prefix);
    return { total, read, write: Math.max(0, cached - read) };
  }

  #keep(key: string, prefix: Prefix): void {
    this.#prefixes.delete(key);
    this.#prefixes.set(key, prefix);
    if (this.#prefixes.size <= MOST_PREFIXES) return;
    const [oldest] = this.#prefixes.keys();
    if (oldest !== undefined) this.#prefixes.delete(oldest);
  }
}
