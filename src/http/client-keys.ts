/**
 * The clients' keys: `ROUTER_API_KEYS`, then `ROUTER_API_KEYS_2`, … up to the first unset one (Cloudflare allows 5 KB a
 * variable), each a list of `name=key` or `key`. An entry that is wrong lets nobody in, and the others count all the same.
 */
import type { ReadBinding } from "../env.ts";

export interface ClientKey {
  /** What sessions, reasoning and sticky turns belong to. Without a written name, 12 hex digits of the key's digest. */
  readonly name: string;
  readonly digest: ArrayBuffer;
}

export interface ClientKeys {
  readonly keys: readonly ClientKey[];
  /** How many entries let nobody in. */
  readonly invalid: number;
  /** For whoever runs the router: what is wrong with entries, and which keys share a name. No key is in it. */
  readonly notes: readonly string[];
}

interface Entry {
  /** Where it stands, e.g. `ROUTER_API_KEYS: key 2 (alice)`. */
  readonly place: string;
  readonly name: string | undefined;
  readonly key: string;
}

const BINDING = "ROUTER_API_KEYS";
/** Cloudflare allows no more variables. https://developers.cloudflare.com/workers/platform/limits/ */
const MAX_PARTS = 128;
/** A key of 16 random characters cannot be guessed over the network. */
const LEAST_CHARS = 16;
const NAME_BYTES = 6;
/** What a key without a name of its own is called. */
const UNNAMED = /^[0-9a-f]{12}$/i;
/** What callers without a key are called, by the value of ROUTER_AUTH. */
const OPEN: Readonly<Record<string, string>> = { none: "local", "none-public": "public" };
const RESERVED = Object.values(OPEN);

const encoder = new TextEncoder();
/** By the text of the bindings: plain bytes, so they may be shared between requests. */
const known = new Map<string, ClientKeys>();
const MAX_KEY_SETS = 8;

/**
 * Tells of a name for which the configuration sets limits why nobody will come with it; undefined where somebody may: a key that
 * has it, or, unseen here, one without a name of its own or one that is made at run time.
 */
export function clientNote(binding: ReadBinding): (name: string) => string | undefined {
  const open = OPEN[binding("ROUTER_AUTH") ?? ""];
  const entries = partsOf(binding).flatMap(entriesOf);
  const names = new Set(entries.map(({ name }) => name));
  // Where the keys are not at hand, as in a build, nothing can be said of them.
  const unknown = entries.length === 0 || binding("ROUTER_ADMIN_KEY") !== undefined;
  return (name) => {
    if (open !== undefined)
      return name === open ? undefined : `has no effect: every caller is called ${open}`;
    if (unknown || names.has(name) || (UNNAMED.test(name) && names.has(undefined))) return undefined;
    return `has no effect: no key in ${BINDING} has the name ${name}`;
  };
}

/** The keys of the bindings. What is wrong is told to the log, once an isolate. */
export async function clientKeys(binding: ReadBinding): Promise<ClientKeys> {
  const parts = partsOf(binding);
  const admin = binding("ROUTER_ADMIN_KEY");
  const id = [...parts, admin].join("\n");
  const found = known.get(id);
  if (found) return found;
  const keys = await readKeys(parts.flatMap(entriesOf), admin);
  for (const note of keys.notes) console.warn(note);
  if (known.size >= MAX_KEY_SETS) known.clear();
  known.set(id, keys);
  return keys;
}

/** What is wrong with the keys of the bindings, and which share a name; nothing where there are none. */
export async function clientKeyNotes(binding: ReadBinding): Promise<readonly string[]> {
  return (await readKeys(partsOf(binding).flatMap(entriesOf), binding("ROUTER_ADMIN_KEY"))).notes;
}

function partsOf(binding: ReadBinding): string[] {
  const parts: string[] = [];
  for (let number = 1; number <= MAX_PARTS; number++) {
    const part = binding(number === 1 ? BINDING : `${BINDING}_${number}`);
    if (part === undefined) break;
    parts.push(part);
  }
  return parts;
}

/** SHA-256: digests are of equal length, so they can be compared in constant time. */
export function digestOf(key: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", encoder.encode(key));
}

/** Without `toHex`, which not every Node has that checks a configuration. */
function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function readKeys(entries: readonly Entry[], admin: string | undefined): Promise<ClientKeys> {
  const digests = await Promise.all(entries.map(({ key }) => digestOf(key)));
  const keys: ClientKey[] = [];
  const notes: string[] = [];
  const places = new Map<string, string>();
  for (const [index, entry] of entries.entries()) {
    const digest = digests[index];
    if (digest === undefined) throw new TypeError("a digest for each entry");
    const hex = hexOf(digest);
    const first = places.get(hex);
    const problem =
      first === undefined ? problemOf(entry, admin) : `it is the same as ${first}, which counts`;
    if (problem === undefined) {
      places.set(hex, entry.place);
      keys.push({ name: entry.name ?? hex.slice(0, 2 * NAME_BYTES), digest });
    } else {
      notes.push(`${entry.place} is not valid and lets nobody in: ${problem}.`);
    }
  }
  return { keys, invalid: entries.length - keys.length, notes: [...notes, ...sharedNames(keys)] };
}

/** `name=key` or `key`; a key may end in `=` (base64 padding), so what is only padding is no key. */
function entriesOf(part: string, index: number): Entry[] {
  const texts = part.split(",").map((text) => text.trim());
  return texts
    .filter((text) => text !== "")
    .map((text, at) => {
      const [, name, key] = /^([A-Za-z0-9._-]+)=(.*[^=].*)$/.exec(text) ?? [];
      const where = `${index === 0 ? BINDING : `${BINDING}_${index + 1}`}: key ${at + 1}`;
      // What is long enough to be a key may be one, with a = in it.
      const shown = name !== undefined && name.length < LEAST_CHARS ? ` (${name})` : "";
      return { place: where + shown, name, key: key ?? text };
    });
}

function problemOf({ name, key }: Entry, admin: string | undefined): string | undefined {
  if (key === admin) return "it is the same as ROUTER_ADMIN_KEY; an admin's key is no client's";
  if (key.length < LEAST_CHARS) return `a key needs at least ${LEAST_CHARS} characters`;
  if (!/^[\x21-\x7e]+$/.test(key)) return "a key is of printable ASCII characters, without spaces";
  if (name === undefined) return undefined;
  if (RESERVED.includes(name.toLowerCase())) return `the name ${name} is the router's own; choose another`;
  if (UNNAMED.test(name)) {
    return "a name of 12 hex digits is what keys without a name are called; choose another";
  }
  return undefined;
}

/** Meant so while a key is rotated; a mistake where two clients were to be kept apart. */
function sharedNames(keys: readonly ClientKey[]): string[] {
  const byName = Map.groupBy(keys, ({ name }) => name);
  return [...byName]
    .filter(([, { length }]) => length > 1)
    .map(([name, { length }]) => {
      return `${BINDING}: ${length} keys have the name ${name} and share its sessions, reasoning and sticky turns.`;
    });
}
