/**
 * Web identity tokens: who signed them is asked of the provider itself, as AWS does.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { asObject, asString, type JsonObject } from "../json.ts";
import { StsError } from "./errors.ts";
import { checkTag } from "./roles.ts";
import type { Sts, TrustedProvider } from "./sessions.ts";

const TAGS = "https://aws.amazon.com/tags";
const SKEW_SECONDS = 300;
/** Without these AWS does not take a provider's document. */
const DOCUMENT = [
  ...["issuer", "jwks_uri", "response_types_supported"],
  ...["subject_types_supported", "id_token_signing_alg_values_supported"],
];

/** Who a token speaks of. */
export interface Identity {
  readonly provider: TrustedProvider;
  readonly subject: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** @param now Milliseconds since the epoch. Throws an StsError as AWS refuses a token. */
export async function readToken(token: string, sts: Sts, now: number): Promise<Identity> {
  if (token.length < 4 || token.length > 20_000) {
    throw new StsError("ValidationError", "1 validation error detected: Value at 'webIdentityToken'");
  }
  const issuer = claimsOf(token).iss ?? "";
  const provider = sts.providers.find((one) => one.issuer === issuer);
  if (!provider) {
    throw new StsError(
      "InvalidIdentityToken",
      `No OpenIDConnect provider found in your account for ${issuer}`,
    );
  }
  const claims = await verify(token, provider, now);
  const audiences = [claims.aud ?? []].flat();
  if (!audiences.some((audience) => provider.audiences.includes(audience))) {
    throw new StsError("InvalidIdentityToken", "Incorrect token audience");
  }
  const { sub = "" } = claims;
  if (sub !== provider.subject) {
    throw new StsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
  }
  return { provider, subject: sub, tags: tagsOf(claims) };
}

function claimsOf(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw new StsError(
      "InvalidIdentityToken",
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
}

async function verify(token: string, provider: TrustedProvider, now: number): Promise<JWTPayload> {
  const keys = await keysOf(provider);
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: provider.issuer,
      algorithms: ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512"],
      requiredClaims: ["sub", "aud", "iat", "exp"],
      currentDate: new Date(now),
      clockTolerance: SKEW_SECONDS,
    });
    if ((payload.iat ?? 0) * 1000 > now + SKEW_SECONDS * 1000) {
      throw new StsError("InvalidIdentityToken", "Token issued in the future");
    }
    return payload;
  } catch (thrown) {
    if (thrown instanceof errors.JWTExpired) {
      const text = `Token expired: current date/time ${now / 1000} must be before the expiration date/time ${thrown.payload.exp}`;
      throw new StsError("ExpiredTokenException", text);
    }
    if (thrown instanceof errors.JOSEError) throw unverified();
    throw thrown;
  }
}

async function keysOf({ issuer, at }: TrustedProvider) {
  const document = await fetched(`${at}/.well-known/openid-configuration`);
  const jwksUri = asString(document.jwks_uri);
  if (DOCUMENT.some((name) => !(name in document)) || document.issuer !== issuer) throw unverified();
  if (!jwksUri.startsWith(`${issuer}/`)) throw unverified();
  const { keys } = await fetched(`${at}${jwksUri.slice(issuer.length)}`);
  if (!Array.isArray(keys)) throw unverified();
  return createLocalJWKSet({ keys });
}

/** A JSON object; empty where there is none to be had. */
async function fetched(url: string): Promise<JsonObject> {
  try {
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5000) });
    return asObject(response.ok ? await response.json() : undefined);
  } catch {
    return {};
  }
}

function tagsOf(claims: JWTPayload): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [key, values] of Object.entries(asObject(asObject(claims[TAGS]).principal_tags))) {
    const [value, ...more] = Array.isArray(values) ? values : [];
    if (typeof value !== "string" || more.length > 0) {
      throw new StsError("InvalidIdentityToken", `The principal tag ${key} needs exactly one value`);
    }
    checkTag(key, value, tags);
    tags[key] = value;
  }
  return tags;
}

function unverified(): StsError {
  return new StsError(
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
}
