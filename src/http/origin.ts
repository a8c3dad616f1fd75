/** Which web pages may call: cross-origin requests are refused unless the configuration lists their origin. */
import { RouterError } from "../errors.ts";

/** Response headers that a page's script may read. */
export const EXPOSED_HEADERS = [
  "x-request-id",
  "x-router-model",
  "x-router-strategy",
  "x-router-reason",
  "x-router-trail",
  "x-router-attempts",
  "x-router-dropped-params",
  "x-router-unknown-model",
  "x-router-estimated",
  "request-id",
  "retry-after",
  "x-should-retry",
  ...["limit", "remaining", "reset"].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
];

/** Whether a page of this origin may call a router that was reached as `own`. */
export function isAllowedOrigin(origin: string, own: string, allowed: readonly string[]): boolean {
  return origin === own || allowed.includes("*") || allowed.includes(origin);
}

/**
 * @param origin The request's `Origin`, if it has one.
 * @param own The origin under which the router was called.
 * @param allowed `serve.cors_origins`.
 * @throws RouterError `origin_not_allowed` (403): otherwise any web page could spend its visitor's money here.
 */
export function checkOrigin(origin: string | undefined, own: string, allowed: readonly string[]): void {
  if (origin === undefined || isAllowedOrigin(origin, own, allowed)) return;
  throw new RouterError(
    "origin_not_allowed",
    "Web pages of this origin may not call the router. Add the origin to serve.cors_origins in its configuration.",
  );
}
