/** Who may call: client keys, compared in constant time; closed unless configured. */
import type { ReadBinding } from "../env.ts";
import type { KeyLimits } from "../chat/key-limits.ts";
import { RouterError } from "../errors.ts";
import { type ClientKey, clientKeys, digestOf } from "./client-keys.ts";

/** A caller that was let in. */
export interface Client {
  /** The key's name, see ClientKey; sessions and logs use it, never the key. */
  readonly name: string;
  /** Came with the admin's key where a client's would do. */
  readonly admin?: true;
  /** Of a key that was made at run time: its own limits, and how it is found again. */
  readonly limits?: KeyLimits;
  readonly made?: { readonly id: string; readonly digest: string };
}

/** Looks for a key among those that were made at run time; undefined where none can be made. */
export type FindMade = ((key: string) => Promise<Client | undefined>) | undefined;

/**
 * Lets a request in or throws: `invalid_api_key` (401) for a wrong or missing key, `client_keys_missing` (500) when the
 * router has no key configured and was not opened with `ROUTER_AUTH`.
 */
export async function authenticate(
  request: Request,
  binding: ReadBinding,
  findMade?: FindMade,
): Promise<Client> {
  const mode = binding("ROUTER_AUTH");
  if (mode === "none-public") return { name: "public" };
  if (mode === "none") {
    if (isLocal(request)) return { name: "local" };
    throw new RouterError(
      "client_keys_missing",
      "ROUTER_AUTH=none opens the router on localhost only. Set client keys: npx wrangler secret put ROUTER_API_KEYS",
    );
  }
  const { keys, invalid } = await clientKeys(binding);
  if (keys.length === 0 && invalid === 0 && findMade === undefined) {
    throw new RouterError(
      "client_keys_missing",
      "This router has no client keys, so it refuses every call. Set one or several, separated by commas: npx wrangler secret put ROUTER_API_KEYS (locally: ROUTER_API_KEYS=... in .dev.vars).",
    );
  }
  const key = requestKey(request.headers);
  const client = key === undefined ? undefined : ((await matchKey(key, keys)) ?? (await findMade?.(key)));
  if (client) return client;
  const isAdmins = key !== undefined && (await isSameKey(key, binding("ROUTER_ADMIN_KEY") ?? ""));
  throw new RouterError("invalid_api_key", isAdmins ? ADMINS : refusal(key, keys));
}

const ADMINS =
  "This is the admin's key: it looks after the router, and calls no model. Send one of the clients' keys: those of ROUTER_API_KEYS, or one made at /admin/keys.";

function refusal(key: string | undefined, keys: readonly ClientKey[]): string {
  if (key === undefined) {
    return "No API key was sent. Send one of this router's keys: Authorization: Bearer YOUR_KEY (or x-api-key: YOUR_KEY).";
  }
  const none =
    keys.length === 0 ? " None of those configured is valid: GET /health and the log say why." : "";
  return `The API key is not one of this router's keys. Check the key, or ask whoever runs the router for one.${none}`;
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

/**
 * Whether a request came from this machine. The host is the client's to write, so what came through Cloudflare, which marks
 * every request with `cf-ray`, is not local whatever it says; nor is a URL with a name and password before its host.
 */
function isLocal({ url, headers }: Request): boolean {
  if (headers.has("cf-ray") || !URL.canParse(url)) return false;
  const { hostname, username, password } = new URL(url);
  return username === "" && password === "" && isLoopback(hostname);
}

/** 127.0.0.0/8, ::1, localhost and names below it. */
export function isLoopback(hostname: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[::1\]|::1|(.+\.)?localhost)$/i.test(hostname);
}

/** Whether two keys are the same, in constant time. */
export async function isSameKey(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([digestOf(one), digestOf(other)]);
  return crypto.subtle.timingSafeEqual(first, second);
}

/** Compares digests of equal length with every configured key, so that time tells nothing about any of them. */
async function matchKey(key: string, keys: readonly ClientKey[]): Promise<Client | undefined> {
  const digest = await digestOf(key);
  let match: ClientKey | undefined;
  for (const candidate of keys) {
    if (crypto.subtle.timingSafeEqual(candidate.digest, digest)) match = candidate;
  }
  return match && { name: match.name };
}
