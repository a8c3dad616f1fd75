/** What a failure says about further attempts at the same request. */
import type { ErrorCode, RouterError } from "../errors.ts";

/** Whoever mends a key or its account does so at the provider; nobody tells us. */
const REFUSED_MS = 300_000;
const LONGEST_THROTTLED_MS = 60_000;

/** The router itself is at fault: another model would meet the same mistake. */
const ROUTERS: ReadonlySet<ErrorCode> = new Set([
  ...(["internal_error", "binding_missing", "client_keys_missing", "no_models", "overloaded"] as const),
]);

/**
 * A request that is wrong itself is wrong for every model, and a fault of the router says nothing about any: neither
 * counts against a place, and neither is tried again.
 */
export function isNobodysElse(error: RouterError): boolean {
  return ROUTERS.has(error.code) || (error.status < 500 && error.status !== 429);
}

/** Credentials that were refused are the same in every place that has none of its own. */
export function isRefusal(code: ErrorCode): boolean {
  return (
    code.startsWith("aws_credentials_") ||
    code === "aws_role_refused" ||
    code === "upstream_credentials_rejected" ||
    code === "api_key_missing"
  );
}

/** How long a key rests after this failure, in milliseconds; undefined when the failure is not the key's. */
export function keyRestMs({ code, retryAfter = 1, passthrough }: RouterError): number | undefined {
  if (code === "upstream_credentials_rejected") return REFUSED_MS;
  if (code !== "rate_limit_exceeded") return undefined;
  // OpenAI says 429 also to an account without credit: waiting does not mend that.
  if (passthrough?.body.includes("insufficient_quota")) return REFUSED_MS;
  return Math.min(retryAfter * 1000, LONGEST_THROTTLED_MS);
}
