/** `router.sticky: turn`: what was chosen for a client's words is chosen again, so that a tool loop keeps its model. */
import type { Config } from "../config/types.ts";

/** From the last use: a tool loop may take long, but not between two of its calls. */
const KEPT_MS = 5 * 60_000;
/** Entries in an isolate; the one that was not used for longest goes. */
const MAX_ENTRIES = 1000;

interface Kept {
  readonly name: string;
  readonly until: number;
}

const memories = new WeakMap<Config, Map<string, Kept>>();
const encoder = new TextEncoder();

/** Names a client's turn; a digest, so that no memory holds what users wrote. */
export async function turnKey(client: string, query: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(JSON.stringify([client, query])));
  return String.fromCharCode(...new Uint8Array(digest));
}

/**
 * The name of the target that was chosen for the turn, if that is not long ago.
 * @param now In milliseconds.
 */
export function keptTarget(config: Config, turn: string, now: number): string | undefined {
  const kept = memories.get(config)?.get(turn);
  return kept && now < kept.until ? kept.name : undefined;
}

/** Remembers, or goes on remembering, the target that was chosen for the turn. */
export function keepTarget(config: Config, turn: string, name: string, now: number): void {
  const memory = memories.get(config) ?? new Map<string, Kept>();
  memories.set(config, memory);
  // Deleted first, so that the order of the map is the order of use.
  memory.delete(turn);
  memory.set(turn, { name, until: now + KEPT_MS });
  if (memory.size <= MAX_ENTRIES) return;
  const [oldest] = memory.keys();
  if (oldest !== undefined) memory.delete(oldest);
}
