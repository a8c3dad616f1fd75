/** What AWS reads where the router is its own OpenID Connect provider: open to anyone, and public keys only. */
import { RouterError } from "../errors.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { identityOf } from "../services.ts";

/** As long as a new key takes to be seen everywhere. */
const CACHE = { "cache-control": "public, max-age=300" };

/** `GET /.well-known/openid-configuration` and the keys that it names. */
export const endpoints: readonly Endpoint[] = [
  { method: "GET", path: "/.well-known/openid-configuration", access: "open", handle: configuration },
  { method: "GET", path: "/.well-known/jwks.json", access: "open", handle: keys },
];

async function configuration(c: AppContext): Promise<Response> {
  return c.json((await identity(c)).configuration, 200, CACHE);
}

async function keys(c: AppContext): Promise<Response> {
  return c.json((await identity(c)).jwks, 200, CACHE);
}

async function identity(c: AppContext) {
  const found = await identityOf(c.env);
  if (found) return found;
  throw new RouterError(
    "not_found",
    "This router is no identity provider: aws.oidc_issuer and AWS_OIDC_PRIVATE_KEY make it one, see docs/aws-roles.md.",
  );
}
