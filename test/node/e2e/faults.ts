/** The faults that the emulator can play at each door, and how a call ends that meets one. */
import { once } from "node:events";
import { createServer } from "node:net";

/** How a call ends when no other model takes over. */
export type Outcome =
  | { readonly is: "answered" }
  /** Nothing was shown: an HTTP error, or another model's answer. */
  | { readonly is: "failed"; readonly status: number; readonly code: string }
  /** The request itself is wrong: an HTTP error, whoever else there is. */
  | { readonly is: "refused"; readonly status: number; readonly code: string | null }
  /** Text was shown: an error event ends it. */
  | { readonly is: "broken"; readonly code: string | null };

export const ANSWERED: Outcome = { is: "answered" };
export const failed = (code: string, status = 500): Outcome => ({ is: "failed", status, code });
const refused = (code: string | null, status = 400): Outcome => ({ is: "refused", status, code });
export const broken = (code: string | null): Outcome => ({ is: "broken", code });

export type Row = readonly [fault: string, streamed: Outcome, whole: Outcome];
export const both = (fault: string, outcome: Outcome): Row => [fault, outcome, outcome];
export const midway = (fault: string, streamed: string, whole: string, status = 500): Row => [
  fault,
  broken(streamed),
  failed(whole, status),
];

/** `refused` is an address at which nothing listens. */
export const BEDROCK: readonly Row[] = [
  both("connection-refused", failed("upstream_unreachable")),
  both("reset", failed("upstream_unreachable")),
  both("hang", failed("upstream_timeout")),
  both("throttle", failed("rate_limit_exceeded", 429)),
  both("internal", failed("upstream_error")),
  both("unavailable", failed("upstream_unavailable")),
  both("overloaded", failed("upstream_unavailable")),
  both("model-error", failed("upstream_error")),
  both("model-timeout", failed("upstream_timeout")),
  both("not-ready", failed("upstream_not_ready")),
  both("access-denied", failed("aws_access_denied")),
  both("model-access", failed("bedrock_model_access_denied")),
  both("quota", failed("bedrock_quota_exceeded")),
  both("too-long", refused("context_length_exceeded")),
  both("wrong-type", failed("upstream_stream_invalid")),
  both("error-html", failed("upstream_unavailable")),
  both("redirect", failed("config_invalid")),
  both("exception-first:throttlingException", failed("rate_limit_exceeded", 429)),
  both("exception-first:serviceUnavailableException", failed("upstream_unavailable")),
  both("exception-first:internalServerException", failed("upstream_error")),
  both("exception-first:modelStreamErrorException", failed("upstream_error")),
  both("exception-first:modelTimeoutException", failed("upstream_timeout")),
  both("exception-first:validationException", refused("context_length_exceeded")),
  ["empty", failed("upstream_truncated"), failed("upstream_stream_invalid")],
  midway("exception:throttlingException", "rate_limit_exceeded", "rate_limit_exceeded", 429),
  midway("exception:serviceUnavailableException", "upstream_unavailable", "upstream_unavailable"),
  midway("exception:modelStreamErrorException", "upstream_error", "upstream_error"),
  midway("error-frame", "upstream_error", "upstream_error"),
  midway("in-band-error", "upstream_unavailable", "upstream_unavailable"),
  midway("corrupt-crc", "upstream_stream_invalid", "upstream_stream_invalid"),
  midway("corrupt-prelude", "upstream_stream_invalid", "upstream_stream_invalid"),
  midway("bad-json", "upstream_stream_invalid", "upstream_stream_invalid"),
  midway("cut", "upstream_truncated", "upstream_stream_invalid"),
  midway("cut-clean", "upstream_truncated", "upstream_stream_invalid"),
  midway("reset-mid", "upstream_truncated", "upstream_truncated"),
  midway("hang-mid", "upstream_timeout", "upstream_timeout"),
  both("slow:300", ANSWERED),
  both("drip", ANSWERED),
  both("ok", ANSWERED),
];

export const OPENAI: readonly Row[] = [
  both("connection-refused", failed("upstream_unreachable")),
  both("reset", failed("upstream_unreachable")),
  both("hang", failed("upstream_timeout")),
  both("throttle", failed("rate_limit_exceeded", 429)),
  both("500", failed("upstream_error")),
  both("503", failed("upstream_unavailable")),
  both("401", failed("upstream_credentials_rejected")),
  both("402", failed("upstream_credentials_rejected")),
  both("403", failed("upstream_credentials_rejected")),
  both("400", refused("invalid_value")),
  both("404", refused("model_not_found", 404)),
  both("413", refused(null, 413)),
  both("422", refused(null, 422)),
  both("too-long", refused("context_length_exceeded")),
  both("wrong-type", failed("upstream_error")),
  both("html", failed("upstream_unavailable")),
  both("redirect", failed("config_invalid")),
  // Its own event, in its own words.
  // The upstream's own event, which names no code.
  ["error-mid", broken(null), failed("upstream_error")],
  midway("cut", "upstream_truncated", "upstream_truncated"),
  midway("cut-clean", "upstream_truncated", "upstream_truncated"),
  midway("reset-mid", "upstream_truncated", "upstream_truncated"),
  midway("hang-mid", "upstream_timeout", "upstream_timeout"),
  both("slow:300", ANSWERED),
  both("drip", ANSWERED),
  both("ok", ANSWERED),
];

/** An address at which nothing listens. */
export async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

/** The configured name of a model that meets a fault. */
export function nameOf(kind: string, fault: string): string {
  return `${kind}-${fault.replace(":", "-")}`;
}

/** Models whose address brings each a fault. @param nowhere An address at which nothing listens. */
export function faultyTargets(url: string, nowhere: string) {
  return (kind: string, rows: readonly Row[], target: object, path: string): Record<string, object> =>
    Object.fromEntries(
      rows.map(([fault]) => {
        const base = fault === "connection-refused" ? nowhere : `${url}/@${fault}`;
        const limit = fault.startsWith("hang") ? { timeout: "1s" } : {};
        return [nameOf(kind, fault), { ...target, base_url: base + path, ...limit }];
      }),
    );
}
