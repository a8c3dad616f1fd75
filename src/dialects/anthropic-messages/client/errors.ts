/**
 * Failures in Anthropic's shape: `{"type":"error","error":{"type","message"},"request_id"}`. Clients act on status, type and, some,
 * on the model's own words, which stay as they are. https://platform.claude.com/docs/en/api/errors
 */
import type { ErrorCode, RouterError } from "../../../errors.ts";
import { asObject, asText, type JsonObject } from "../../../lib/json.ts";

interface Kind {
  readonly type: string;
  readonly status?: number;
}

const OVERLOADED: Kind = { type: "overloaded_error", status: 529 };

/** Codes that Anthropic's API tells otherwise than OpenAI's. */
const BY_CODE: ReadonlyMap<string, Kind> = new Map<ErrorCode, Kind>([
  ["upstream_timeout", { type: "timeout_error", status: 504 }],
  ["upstream_unavailable", OVERLOADED],
  ["upstream_not_ready", OVERLOADED],
  ["insufficient_quota", { type: "billing_error", status: 402 }],
]);
const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);
/** Seconds after which another try may help, where nobody has said. */
const RETRY_AFTER_S = 1;

/** A failure before the head of the answer. */
export function messagesError(
  error: RouterError,
  requestId: string,
): { status: number; headers: Record<string, string>; body: JsonObject } {
  const { type, status } = kindOf(error);
  const passing = status === 529 || status === 504;
  const retryAfter = error.retryAfter ?? (passing ? RETRY_AFTER_S : undefined);
  return {
    status,
    headers: {
      "request-id": requestId,
      "x-should-retry": String(passing || error.shouldRetry),
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    },
    body: { type: "error", error: { type, message: messageOf(error) }, request_id: requestId },
  };
}

/** The members of an `error` event: what may pass is named so that clients repeat the streamed request. */
export function streamError(error: RouterError): { error: { type: string; message: string } } {
  const type = error.retryable ? OVERLOADED.type : kindOf(error).type;
  return { error: { type, message: messageOf(error) } };
}

function kindOf(error: RouterError): { type: string; status: number } {
  const known = error.passthrough === undefined ? BY_CODE.get(error.code) : undefined;
  // 503 is OpenAI's word for a service that has too much to do.
  const own = error.status === 503 ? OVERLOADED : known;
  const status = own?.status ?? error.status;
  return {
    status,
    type: own?.type ?? BY_STATUS.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error"),
  };
}

/** The path of the field first, as Anthropic writes it. */
function messageOf(error: RouterError): string {
  const { param } = error;
  const message = foreignText(error) ?? error.message;
  if (param === null || message.startsWith(param)) return message;
  const named = `Invalid '${param}': `;
  return message.startsWith(named) ? `${param}: ${message.slice(named.length)}` : `${param}: ${message}`;
}

/** What an upstream that speaks another dialect says in its own error body. */
function foreignText({ passthrough }: RouterError): string | undefined {
  if (passthrough === undefined) return undefined;
  try {
    const body: unknown = JSON.parse(passthrough.body);
    const { error, message } = asObject(body) ?? {};
    return asText(asObject(error)?.message) || asText(message) || asText(error) || undefined;
  } catch {
    return undefined;
  }
}
