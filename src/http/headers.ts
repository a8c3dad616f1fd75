import type { RouterError } from "../errors.ts";
import type { Route } from "../contracts.ts";

/** The `x-router-*` headers that tell how an answer was made. */
export function routeHeaders(route: Route): Record<string, string> {
  return {
    "x-router-model": route.target.name,
    "x-router-strategy": route.strategy,
    "x-router-attempts": String(route.attempts),
    "server-timing": serverTiming(route),
    ...(route.dropped.length > 0 && { "x-router-dropped-params": route.dropped.join(", ") }),
    ...(route.unknownModel !== undefined && { "x-router-unknown-model": headerSafe(route.unknownModel) }),
  };
}

/** How long the answering upstream took to its first delta (or whole answer), and all attempts together. */
function serverTiming({ trail }: Route): string {
  const all = trail.reduce((sum, { ms }) => sum + ms, 0);
  return `upstream;dur=${trail.at(-1)?.ms ?? 0}, attempts;dur=${all}`;
}

/** What an error answer carries beside its body. */
export function errorHeaders(error: RouterError): Record<string, string> {
  return {
    "x-should-retry": String(error.shouldRetry),
    ...(error.trail.length > 0 && { "x-router-attempts": String(error.trail.length) }),
    ...(error.retryAfter !== undefined && { "retry-after": String(error.retryAfter) }),
    ...(error.code === "invalid_api_key" && { "www-authenticate": "Bearer" }),
    // Today's runtime takes it off again: it allows no hop-by-hop header but its own.
    ...(error.code === "upgrade_required" && { upgrade: "websocket" }),
  };
}

/** A client's text for a response header: printable ASCII, at most 200 characters. */
function headerSafe(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, "?");
}
