import type { RouterError, TrailEntry } from "../errors.ts";
import type { Dialect } from "../chat/dialect.ts";
import type { Services } from "../services.ts";
import type { Route } from "../contracts.ts";

/** The `x-router-*` headers that tell how an answer was made. */
export function routeHeaders(route: Route): Record<string, string> {
  return {
    "x-router-model": route.target.name,
    "x-router-strategy": route.strategy,
    "x-router-attempts": String(route.attempts),
    "x-router-reason": headerText(route.reason),
    "x-router-trail": trailText(route.trail),
    "server-timing": serverTiming(route),
    ...(route.dropped.length > 0 && { "x-router-dropped-params": route.dropped.join(", ") }),
    ...(route.unknownModel !== undefined && { "x-router-unknown-model": headerSafe(route.unknownModel) }),
  };
}

/** What is left to a key with limits a minute: OpenAI's headers, and those of the dialect. */
export function limitHeaders(
  { account, now }: Pick<Services, "account" | "now">,
  dialect?: Dialect,
): Record<string, string> {
  const rates = account?.rates;
  if (rates === undefined) return {};
  const of = (kind: "requests" | "tokens"): Record<string, string> => {
    const rate = rates[kind];
    if (rate === undefined) return {};
    return {
      [`x-ratelimit-limit-${kind}`]: String(rate.limit),
      [`x-ratelimit-remaining-${kind}`]: String(rate.remaining),
      [`x-ratelimit-reset-${kind}`]: `${Math.ceil(rate.resetMs / 1000)}s`,
    };
  };
  return { ...of("requests"), ...of("tokens"), ...dialect?.limitHeaders?.(rates, now()) };
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
    ...(error.trail.length > 0 && {
      "x-router-attempts": String(error.trail.length),
      "x-router-trail": trailText(error.trail),
    }),
    ...(error.retryAfter !== undefined && { "retry-after": String(error.retryAfter) }),
    ...(error.code === "invalid_api_key" && { "www-authenticate": "Bearer" }),
    // Today's runtime takes it off again: it allows no hop-by-hop header but its own.
    ...(error.code === "upgrade_required" && { upgrade: "websocket" }),
  };
}

/** `claude (eu-west-1): upstream_unavailable 120 ms; gpt: ok 300 ms`. */
function trailText(trail: readonly TrailEntry[]): string {
  const entries = trail.map(({ model, place, outcome, ms }) => {
    return `${model}${place === "" ? "" : ` (${place})`}: ${outcome} ${ms} ms`;
  });
  return headerText(entries.join("; "));
}

const MAX_HEADER_BYTES = 512;
const encoder = new TextEncoder();

/** What a header takes as it is. */
const PLAIN = /^[\x20-\x24\x26-\x7e]*$/;

/** Printable ASCII as it is, everything else (and `%`) percent-encoded; at most 512 bytes, whole characters. */
export function headerText(text: string): string {
  if (PLAIN.test(text)) return text.slice(0, MAX_HEADER_BYTES);
  let out = "";
  for (const character of text) {
    const bytes = PLAIN.test(character)
      ? character
      : [...encoder.encode(character)]
          .map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`)
          .join("");
    if (out.length + bytes.length > MAX_HEADER_BYTES) break;
    out += bytes;
  }
  return out;
}

/** A client's text for a response header: printable ASCII, at most 200 characters. */
function headerSafe(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, "?");
}
