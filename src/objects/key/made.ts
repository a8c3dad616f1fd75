/** Keys that were made at run time: who has one, and what whoever runs the router does with them. */
import type { KeyLimits } from "../../chat/key-limits.ts";
import type { Env } from "../../env.ts";
import { RouterError } from "../../errors.ts";
import { KEY_ID, keyIdOf, newKeyId, newKeyText } from "../../lib/key-text.ts";
import { isNamespace, missingBinding } from "../namespace.ts";
import type {
  DirectoryObject,
  KeyChange,
  KeyDigest,
  ListedChange,
  ListedKey,
  MadeKey,
  MadeKeyObject,
} from "./made-key.ts";

/** How long an isolate goes by what it was told: so late, at most, every door is closed to a revoked key. */
export const VERDICT_MS = 60_000;
const MOST_VERDICTS = 1000;

const KEYS = { binding: "KEYS", className: "KeyAccount", tag: "v4" };
const DIRECTORY = { binding: "KEY_DIRECTORY", className: "KeyDirectory", tag: "v5" };
const MAKING = "Keys that are made at run time need Durable Objects.";

const encoder = new TextEncoder();

/** By id; undefined: there is none. Plain values: requests share them. */
const verdicts = new Map<string, { readonly key: MadeKey | undefined; readonly until: number }>();

/** Of a client that came with such a key. */
export interface MadeClient {
  readonly name: string;
  readonly made: MadeRef;
  readonly limits: KeyLimits;
}

/** Finds a key's object again, and tells whether it still takes the key. */
export interface MadeRef {
  readonly id: string;
  /** SHA-256, in hex. */
  readonly digest: string;
}

/** Whether keys can be made here at all: without whoever may make them there are none. */
export function makesKeys(env: Env): boolean {
  return (
    typeof env.ROUTER_ADMIN_KEY === "string" && env.ROUTER_ADMIN_KEY.trim() !== "" && isNamespace(env.KEYS)
  );
}

/** @returns undefined for what is no such key. */
export async function madeClient(env: Env, key: string): Promise<MadeClient | undefined> {
  if (!makesKeys(env)) return undefined;
  const id = await keyIdOf(key);
  if (id === undefined) return undefined;
  return stillMade(env, { id, digest: await digestHex(key) });
}

/** The client, as long as its key is taken. */
export async function stillMade(env: Env, made: MadeRef): Promise<MadeClient | undefined> {
  const now = Date.now();
  let known = verdicts.get(made.id);
  if (known === undefined || known.until <= now) {
    const object = keyObject(env, made.id);
    known = { key: await object.made().catch(unreachable), until: now + VERDICT_MS };
    if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
    verdicts.set(made.id, known);
  }
  const { key } = known;
  if (key === undefined || key.revoked) return undefined;
  const isTaken = key.digests.some(({ hex, until }) => isSame(hex, made.digest) && (until ?? now + 1) > now);
  return isTaken ? { name: key.name, made, limits: key.limits } : undefined;
}

/** A key that was just made, shown this once. */
export interface NewKey {
  readonly listed: ListedKey;
  readonly key: string;
}

export interface KeyWishes {
  readonly name: string;
  readonly limits: KeyLimits;
  readonly location: DurableObjectLocationHint | undefined;
}

export interface Keys {
  /** @throws RouterError for a name that is taken. */
  create(wishes: KeyWishes): Promise<NewKey>;
  list(after: string, most: number): Promise<readonly ListedKey[]>;
  /** @throws RouterError `not_found`, as all that follow. */
  get(id: string): Promise<ListedKey>;
  change(id: string, limits: KeyLimits): Promise<ListedKey>;
  /** @param keepMs How long the key that is replaced is still taken. */
  rotate(id: string, keepMs: number): Promise<NewKey>;
  /** A second time it is taken off the list, and its name is free. */
  revoke(id: string): Promise<{ readonly listed: ListedKey; readonly removed: boolean }>;
}

/** @throws RouterError `binding_missing` */
export function madeKeys(env: Env): Keys {
  const directory = directoryOf(env);
  const change = async (id: string, what: KeyChange): Promise<MadeKey> => {
    const key = await keyObject(env, id).change(what);
    verdicts.delete(id);
    // It was listed and then never made.
    if (key === undefined) throw unknownKey();
    return key;
  };
  /** What has come of a key that may have been revoked meanwhile. */
  const listedAs = async (id: string, { name, revoked }: MadeKey, what: ListedChange): Promise<ListedKey> => {
    if (revoked) throw revokedKey(name);
    return (await directory.change(id, what)) ?? unlisted();
  };
  const get = async (id: string): Promise<ListedKey> => {
    const listed = KEY_ID.test(id) ? await directory.get(id) : undefined;
    if (listed === undefined) throw unknownKey();
    return listed;
  };
  const usable = async (id: string): Promise<ListedKey> => {
    const listed = await get(id);
    if (listed.revokedAt !== undefined) throw revokedKey(listed.name);
    return listed;
  };
  return {
    async create({ name, limits, location }) {
      const id = newKeyId();
      const key = await newKeyText(id);
      const listed = { id, name, limits, createdAt: Date.now(), ...(location !== undefined && { location }) };
      const added = await directory.add(listed);
      if (added === "name taken") throw taken(name);
      if (added === "full") throw full();
      const digests = [{ hex: await digestHex(key) }];
      await keyObject(env, id, location).make({ name, limits, digests, revoked: false });
      return { listed, key };
    },
    list: (after, most) => directory.list(after, most),
    get,
    async change(id, limits) {
      await usable(id);
      return listedAs(id, await change(id, { limits }), { limits });
    },
    async rotate(id, keepMs) {
      await usable(id);
      const key = await newKeyText(id);
      const changed = await change(id, { rotated: { hex: await digestHex(key), keepMs } });
      return { listed: await listedAs(id, changed, { rotatedAt: Date.now() }), key };
    },
    async revoke(id) {
      const known = await get(id);
      await change(id, { revoked: true }).catch((thrown: unknown) => {
        if (!(thrown instanceof RouterError && thrown.code === "not_found")) throw thrown;
      });
      if (known.revokedAt !== undefined) {
        await directory.remove(id);
        return { listed: known, removed: true };
      }
      const listed = (await directory.change(id, { revokedAt: Date.now() })) ?? unlisted();
      return { listed, removed: false };
    },
  };
}

/**
 * A key after a change; one that was revoked stays as it is.
 * @param now Milliseconds since the epoch.
 */
export function changedKey(key: MadeKey, change: KeyChange, now: number): MadeKey {
  if (key.revoked) return key;
  if ("limits" in change) return { ...key, limits: change.limits };
  if ("revoked" in change) return { ...key, digests: [], revoked: true };
  const { hex, keepMs } = change.rotated;
  return { ...key, digests: [{ hex }, ...(keepMs > 0 ? stillTaken(key, now, now + keepMs) : [])] };
}

/** The newest of them, until a moment: however often a key is rotated, two are taken at most. */
function stillTaken({ digests }: MadeKey, now: number, until: number): KeyDigest[] {
  const newest = digests.find((digest) => (digest.until ?? until) > now);
  return newest ? [{ hex: newest.hex, until: Math.min(until, newest.until ?? until) }] : [];
}

async function digestHex(key: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(key))).toHex();
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [encoder.encode(a), encoder.encode(b)];
  return one.length === other.length && crypto.subtle.timingSafeEqual(one, other);
}

function keyObject(env: Env, id: string, location?: DurableObjectLocationHint): MadeKeyObject {
  const namespace = env.KEYS;
  if (!isLocated<MadeKeyObject>(namespace)) throw missingBinding(MAKING, KEYS);
  const name = namespace.idFromName(`made ${id}`);
  return location === undefined ? namespace.get(name) : namespace.get(name, { locationHint: location });
}

function directoryOf(env: Env): DirectoryObject {
  const namespace = env.KEY_DIRECTORY;
  if (!isNamespace<DirectoryObject>(namespace)) throw missingBinding(MAKING, DIRECTORY);
  const object = () => namespace.get(namespace.idFromName("directory"));
  return {
    add: (key) => object().add(key),
    change: (id, what) => object().change(id, what),
    get: (id) => object().get(id),
    list: (after, most) => object().list(after, most),
    remove: (id) => object().remove(id),
  };
}

/** The same objects, asked where they are to be when they are first called. */
function isLocated<Stub>(value: unknown): value is {
  idFromName(name: string): unknown;
  get(id: unknown, options?: { locationHint: DurableObjectLocationHint }): Stub;
} {
  return isNamespace<Stub>(value);
}

function unreachable(cause: unknown): never {
  throw new RouterError(
    "limits_unavailable",
    "Whether this key is taken could not be told. Try again in a moment.",
    { cause, retryAfter: 1 },
  );
}

/** It was taken off the list meanwhile. */
function unlisted(): never {
  throw unknownKey();
}

function unknownKey(): RouterError {
  return new RouterError("not_found", "There is no key of this id. GET /admin/keys lists all.", {
    param: "id",
  });
}

function revokedKey(name: string): RouterError {
  return new RouterError("invalid_value", `The key '${name}' was revoked. Make another.`, { param: "id" });
}

function taken(name: string): RouterError {
  return new RouterError(
    "invalid_value",
    `Invalid 'name': another key is called '${name}'. Choose another name, rotate that key, or take a revoked one off the list (DELETE it again).`,
    { param: "name" },
  );
}

function full(): RouterError {
  return new RouterError(
    "invalid_value",
    "There are 10,000 keys already. Take revoked ones off the list: DELETE them again.",
    { param: "name" },
  );
}
