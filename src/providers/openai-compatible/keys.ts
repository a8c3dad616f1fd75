/** Which of several API keys serves the next call. */

/**
 * Position by target: each isolate starts somewhere at random, so that isolates do not all burden the first key. Plain
 * numbers, shared between requests.
 */
const positions = new Map<string, number>();

/** The keys in turn; undefined when there is none. */
export function nextKey(target: string, keys: readonly string[]): string | undefined {
  if (keys.length <= 1) return keys[0];
  const position = positions.get(target) ?? Math.floor(Math.random() * keys.length);
  positions.set(target, (position + 1) % keys.length);
  return keys[position % keys.length];
}
