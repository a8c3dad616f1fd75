/** `router.sticky: turn`: what was chosen for a client's words is chosen again, so that a tool loop keeps its model. */
import type { Config } from "../config/types.ts";
import { recent, type Recent } from "../lib/recent.ts";

/** From the last use: a tool loop may take long, but not between two of its calls. */
const KEPT_MS = 5 * 60_000;
/** Entries in an isolate. */
const MAX_ENTRIES = 1000;

/** Names of targets by turns. */
const memories = new WeakMap<Config, Recent<string>>();
const encoder = new TextEncoder();

/** Names what texts belong to, such as a client's turn; a digest, so that no memory holds what users wrote. */
export async function digestKey(parts: readonly string[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(JSON.stringify(parts)));
  return String.fromCharCode(...new Uint8Array(digest));
}

/** The targets that were chosen for turns not long ago. */
export function turnsOf(config: Config): Recent<string> {
  const memory = memories.get(config) ?? recent<string>(KEPT_MS, MAX_ENTRIES);
  memories.set(config, memory);
  return memory;
}
