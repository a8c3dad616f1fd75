/** A memory of an isolate: what was not used for a while, or is too much, is forgotten. */
export interface Recent<T> {
  /** @param now Milliseconds since the epoch. */
  get(key: string, now: number): T | undefined;
  /** Remembers, or goes on remembering. */
  put(key: string, value: T, now: number): void;
}

/**
 * @param keptMs From the last `put`.
 * @param most Entries; beyond them the one that was not put for longest goes.
 */
export function recent<T>(keptMs: number, most: number): Recent<T> {
  const entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    get(key, now) {
      const entry = entries.get(key);
      return entry && now < entry.until ? entry.value : undefined;
    },
    put(key, value, now) {
      // Deleted first, so that the order of the map is the order of use.
      entries.delete(key);
      entries.set(key, { value, until: now + keptMs });
      if (entries.size <= most) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
