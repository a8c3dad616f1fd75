/** Who may call: client keys from `ROUTER_API_KEYS`, compared in constant time; closed unless configured. */
import type { ReadBinding } from "../contracts.ts";
import { RouterError } from "../errors.ts";

/** A caller that was let in. */
export interface Client {
  /** The key's name from `name=key`, else a number; sessions and logs use it, never the key. */
  readonly name: string;
}

interface ClientKey {
  readonly name: string;
  readonly digest: ArrayBuffer;
}

const encoder = new TextEncoder();
/** Digests by the text of ROUTER_API_KEYS: plain bytes, so they may be shared between requests. */
const digests = new Map<string, readonly ClientKey[]>();
const MAX_KEY_SETS = 8;

/**
 * Lets a request in or throws: `invalid_api_key` (401) for a wrong or missing key, `client_keys_missing` (500) when the
 * router has no key configured and was not opened with `ROUTER_AUTH`.
 *
 * @param key The key that the client sent, if any.
 * @param hostname The host that the client called, without its port.
 */
export async function authenticate(
  key: string | undefined,
  hostname: string,
  binding: ReadBinding,
): Promise<Client> {
  const mode = binding("ROUTER_AUTH");
  if (mode === "none-public") return { name: "public" };
  if (mode === "none") {
    if (isLoopback(hostname)) return { name: "local" };
    throw new RouterError(
      "client_keys_missing",
      "ROUTER_AUTH=none opens the router on localhost only. Set client keys: npx wrangler secret put ROUTER_API_KEYS",
    );
  }
  const keys = await clientKeys(binding("ROUTER_API_KEYS") ?? "");
  if (keys.length === 0) {
    throw new RouterError(
      "client_keys_missing",
      "This router has no client keys, so it refuses every call. Set one or several, separated by commas: npx wrangler secret put ROUTER_API_KEYS (locally: ROUTER_API_KEYS=... in .dev.vars).",
    );
  }
  const client = key === undefined ? undefined : await matchKey(key, keys);
  if (client) return client;
  throw new RouterError(
    "invalid_api_key",
    key === undefined
      ? "No API key was sent. Send one of this router's keys: Authorization: Bearer YOUR_KEY (or x-api-key: YOUR_KEY)."
      : "The API key is not one of this router's keys. Check the key, or ask whoever runs the router for one.",
  );
}

const KEY_PROTOCOL = "openai-insecure-api-key.";

/**
 * The key of a request: `Authorization: Bearer KEY`, else `x-api-key: KEY`, else, since a browser's WebSocket can send no
 * headers, its subprotocol `openai-insecure-api-key.KEY`.
 */
export function requestKey(headers: Headers): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer ?? (headers.get("x-api-key")?.trim() || protocolKey(headers));
}

function protocolKey(headers: Headers): string | undefined {
  const offered = subprotocols(headers).find((name) => name.startsWith(KEY_PROTOCOL));
  return offered?.slice(KEY_PROTOCOL.length) || undefined;
}

/** The WebSocket subprotocols that a client offers. */
export function subprotocols(headers: Headers): string[] {
  return (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
}

/** 127.0.0.0/8, ::1, localhost and names below it. */
export function isLoopback(hostname: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[::1\]|::1|(.+\.)?localhost)$/i.test(hostname);
}

/** Compares digests of equal length with every configured key, so that time tells nothing about any of them. */
async function matchKey(key: string, keys: readonly ClientKey[]): Promise<Client | undefined> {
  const digest = await sha256(key);
  let match: ClientKey | undefined;
  for (const candidate of keys) {
    if (crypto.subtle.timingSafeEqual(candidate.digest, digest)) match = candidate;
  }
  return match && { name: match.name };
}

async function clientKeys(configured: string): Promise<readonly ClientKey[]> {
  const known = digests.get(configured);
  if (known) return known;
  const entries = configured.split(",").flatMap((entry) => parseEntry(entry.trim()));
  const keys = await Promise.all(
    entries.map(async ({ name, key }, index) => ({
      name: name ?? `key-${index + 1}`,
      digest: await sha256(key),
    })),
  );
  if (digests.size >= MAX_KEY_SETS) digests.clear();
  digests.set(configured, keys);
  return keys;
}

/** `name=key` or `key`; a key may end in `=` (base64 padding), so what is only padding is no key. */
function parseEntry(entry: string): { name?: string; key: string }[] {
  if (entry === "") return [];
  const named = /^([A-Za-z0-9._-]+)=(.*[^=].*)$/.exec(entry);
  return named?.[1] && named[2] ? [{ name: named[1], key: named[2] }] : [{ key: entry }];
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", encoder.encode(text));
}
