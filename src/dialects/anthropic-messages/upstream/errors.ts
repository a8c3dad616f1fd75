/** Errors of an API that speaks Messages: as an `error` event in a stream, and as the body of a refusal. */
import { reportedError } from "../../../chat/reported-error.ts";
import type { ErrorCode, RouterError } from "../../../errors.ts";
import { asObject, asText } from "../../../lib/json.ts";

/** https://platform.claude.com/docs/en/api/errors */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ["invalid_request_error", "upstream_invalid_request"],
  ["request_too_large", "upstream_invalid_request"],
  ["rate_limit_error", "rate_limit_exceeded"],
  ["timeout_error", "upstream_timeout"],
  ["overloaded_error", "upstream_unavailable"],
  ["api_error", "upstream_error"],
]);

/**
 * @param value The `error` member of `{"type":"error","error":{"type","message"}}`.
 * @param more Codes for types that mean something else where this model is served.
 */
export function messagesError(value: unknown, more?: ReadonlyMap<string, ErrorCode>): RouterError {
  const error = asObject(value);
  const type = asText(error?.type);
  return reportedError(more?.get(type) ?? CODES.get(type), type, error?.message ?? value);
}
