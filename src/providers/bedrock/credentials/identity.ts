/**
 * The router as its own OpenID Connect provider, for AWS alone: what it publishes, and the tokens that it signs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
import type { ReadBinding } from "../../../env.ts";
import type { AwsRole } from "../../../target.ts";
import { base64url, privateKey, type PublicKey, publicKeys } from "./json-web-key.ts";

export const PRIVATE_KEY = "AWS_OIDC_PRIVATE_KEY";
export const PUBLIC_KEYS = "AWS_OIDC_PUBLIC_KEYS";
export const JWKS_PATH = "/.well-known/jwks.json";

/** Whom the tokens are for. */
const AUDIENCE = "sts.amazonaws.com";
const TOKEN_SECONDS = 300;
/** Where AWS looks for session tags. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
const TAGS_CLAIM = "https://aws.amazon.com/tags";

const encoder = new TextEncoder();

type Identity = NonNullable<AwsRole["identity"]>;

/**
 * A token that says who the router is, for five minutes.
 * @param key The private key's text.
 * @param now Milliseconds since the epoch.
 * @throws RouterError `config_invalid` for a text that is no such key.
 */
export async function identityToken(
  key: string,
  { issuer, subject, tags }: Identity & Pick<AwsRole, "tags">,
  now: number,
): Promise<string> {
  const { alg, kid, sign } = await privateKey(key, PRIVATE_KEY);
  const issued = Math.floor(now / 1000);
  const names = Object.entries(tags);
  const claims = {
    iss: issuer,
    sub: subject,
    aud: AUDIENCE,
    iat: issued,
    exp: issued + TOKEN_SECONDS,
    jti: crypto.randomUUID(),
    ...(names.length > 0 && {
      [TAGS_CLAIM]: { principal_tags: Object.fromEntries(names.map(([name, value]) => [name, [value]])) },
    }),
  };
  const said = `${part({ alg, kid, typ: "JWT" })}.${part(claims)}`;
  return `${said}.${base64url(await sign(said))}`;
}

function part(value: object): string {
  return base64url(encoder.encode(JSON.stringify(value)));
}

/** What AWS reads to check a token: the document at `/.well-known/openid-configuration`, and the keys. */
export interface IdentityProvider {
  readonly configuration: object;
  readonly jwks: { readonly keys: readonly PublicKey[] };
}

/**
 * @returns undefined where the router is no identity provider: without an issuer, or without a private key.
 * @throws RouterError `config_invalid` for a text that is no private key.
 */
export async function identityProvider(
  issuer: string | undefined,
  binding: ReadBinding,
): Promise<IdentityProvider | undefined> {
  const key = binding(PRIVATE_KEY);
  if (issuer === undefined || key === undefined) return undefined;
  const { publicKey } = await privateKey(key, PRIVATE_KEY);
  const further = binding(PUBLIC_KEYS);
  const { keys } = further === undefined ? { keys: [] } : await publicKeys(further);
  const all = [publicKey, ...keys.filter(({ kid }) => kid !== publicKey.kid)];
  return {
    configuration: {
      issuer,
      jwks_uri: `${issuer}${JWKS_PATH}`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [...new Set(all.map(({ alg }) => alg))],
      claims_supported: ["iss", "sub", "aud", "iat", "exp", "jti"],
      scopes_supported: ["openid"],
    },
    jwks: { keys: all },
  };
}

/** What is wrong with the settings, for whoever runs the router. No key is in it. */
export async function identityNotes(issuer: string | undefined, binding: ReadBinding): Promise<string[]> {
  const key = binding(PRIVATE_KEY);
  const further = binding(PUBLIC_KEYS);
  const notes: string[] = [];
  if (key !== undefined && issuer === undefined) {
    notes.push(
      `${PRIVATE_KEY} is set, but aws.oidc_issuer is not written: the router is no identity provider.`,
    );
  }
  if (key === undefined && issuer !== undefined) {
    notes.push(
      `aws.oidc_issuer is written, but ${PRIVATE_KEY} is not set: the router is no identity provider.`,
    );
  }
  if (further === undefined) return notes;
  const { wrong } = await publicKeys(further);
  if (wrong > 0)
    notes.push(`${PUBLIC_KEYS}: ${wrong} of its keys are no public keys as JSON (ES256, RS256).`);
  return notes;
}
