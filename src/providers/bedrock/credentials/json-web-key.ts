/** Keys as JSON (RFC 7517), of the two kinds that sign here: ES256 and RS256. */
import { RouterError } from "../../../errors.ts";
import { isObject, type JsonObject, parseObject } from "../../../lib/json.ts";
import { withoutEnd } from "../../../lib/text.ts";

/** How a kind of key is told, published, named and used. */
interface Kind {
  readonly alg: "ES256" | "RS256";
  /** What a key of this kind has to say. */
  readonly fixed: JsonObject;
  /** The public members, in the order in which RFC 7638 hashes them, `fixed` ones among them. */
  readonly hashed: readonly string[];
  /** The members without which it cannot sign. */
  readonly secret: readonly string[];
  readonly algorithm: Parameters<SubtleCrypto["importKey"]>[2];
  readonly signing: Parameters<SubtleCrypto["sign"]>[0];
}

const KINDS: readonly Kind[] = [
  {
    alg: "ES256",
    fixed: { kty: "EC", crv: "P-256" },
    hashed: ["crv", "kty", "x", "y"],
    secret: ["d"],
    algorithm: { name: "ECDSA", namedCurve: "P-256" },
    signing: { name: "ECDSA", hash: "SHA-256" },
  },
  {
    alg: "RS256",
    fixed: { kty: "RSA" },
    hashed: ["e", "kty", "n"],
    secret: ["d", "p", "q", "dp", "dq", "qi"],
    algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    signing: "RSASSA-PKCS1-v1_5",
  },
];

const MAX_CHARS = 20_000;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const encoder = new TextEncoder();

/** A key that others may see. */
export type PublicKey = Readonly<Record<string, string>>;

export interface PrivateKey {
  readonly alg: Kind["alg"];
  readonly kid: string;
  readonly sign: (text: string) => Promise<Uint8Array>;
  readonly publicKey: PublicKey;
}

/**
 * Reads a private key.
 * @param name Of the binding, for the message.
 * @throws RouterError `config_invalid`; its message holds nothing of the key.
 */
export async function privateKey(text: string, name: string): Promise<PrivateKey> {
  const jwk = text.length <= MAX_CHARS ? parseObject(text) : undefined;
  const kind = jwk && kindOf(jwk);
  if (!jwk || !kind?.secret.every((member) => isMember(jwk[member]))) throw wrongKey(name);
  const published = await publicKey(jwk, kind);
  const members = { ...membersOf(jwk, kind.hashed), ...membersOf(jwk, kind.secret) };
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("jwk", { kty: "", ...members }, kind.algorithm, false, ["sign"]);
  } catch {
    // Its own text may quote the key.
    throw wrongKey(name);
  }
  return {
    alg: kind.alg,
    kid: published.kid ?? "",
    sign: async (said) => new Uint8Array(await crypto.subtle.sign(kind.signing, key, encoder.encode(said))),
    publicKey: published,
  };
}

/**
 * Reads public keys: a JWKS, a list, or one. Of a private key among them only the public part is taken.
 * @returns How many were none, beside those that are.
 */
export async function publicKeys(text: string): Promise<{ keys: PublicKey[]; wrong: number }> {
  const value = text.length <= MAX_CHARS ? parsed(text) : undefined;
  const list: unknown = isObject(value) && "keys" in value ? value.keys : value;
  const entries: unknown[] = Array.isArray(list) ? list : [list];
  const keys: PublicKey[] = [];
  for (const entry of entries) {
    const kind = isObject(entry) ? kindOf(entry) : undefined;
    if (isObject(entry) && kind) keys.push(await publicKey(entry, kind));
  }
  return { keys, wrong: entries.length - keys.length };
}

function kindOf(jwk: JsonObject): Kind | undefined {
  return KINDS.find(
    ({ fixed, hashed }) =>
      Object.entries(fixed).every(([member, value]) => jwk[member] === value) &&
      hashed.every((member) => member in fixed || isMember(jwk[member])),
  );
}

/** Named as it names itself, else by its thumbprint (RFC 7638). */
async function publicKey(jwk: JsonObject, { alg, hashed }: Kind): Promise<PublicKey> {
  const members = membersOf(jwk, hashed);
  const { kid } = jwk;
  const named = typeof kid === "string" && /^[\x21-\x7e]{1,100}$/.test(kid);
  return { ...members, alg, use: "sig", kid: named ? kid : await thumbprint(members) };
}

async function thumbprint(members: PublicKey): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(JSON.stringify(members)));
  return base64url(new Uint8Array(digest));
}

/** As JSON Web Tokens write bytes. */
export function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return withoutEnd(text.replaceAll("+", "-").replaceAll("/", "_"), "=");
}

function membersOf(jwk: JsonObject, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, String(jwk[name])]));
}

function isMember(value: unknown): value is string {
  return typeof value === "string" && BASE64URL.test(value);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function wrongKey(name: string): RouterError {
  return new RouterError(
    "config_invalid",
    `${name} is no private key as JSON (a JWK: ES256 on the curve P-256, or RS256). \`npm run aws:oidc\` makes one; set it, whole and on one line, with \`npx wrangler secret put ${name}\`.`,
  );
}
