/** Claude's own error objects, which arrive inside a stream whose HTTP status was 200. */
import type { ErrorCode, RouterError } from "../../errors.ts";
import { reportedError } from "../../chat/reported-error.ts";
import { asObject, asText } from "../../lib/json.ts";

/** https://platform.claude.com/docs/en/api/errors */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ["invalid_request_error", "upstream_invalid_request"],
  ["request_too_large", "upstream_invalid_request"],
  ["authentication_error", "aws_credentials_rejected"],
  ["permission_error", "aws_access_denied"],
  ["not_found_error", "bedrock_model_invalid"],
  ["rate_limit_error", "rate_limit_exceeded"],
  ["timeout_error", "upstream_timeout"],
  ["overloaded_error", "upstream_unavailable"],
  ["api_error", "upstream_error"],
]);
/** @param value The `error` member of `{"type":"error","error":{"type","message"}}`. */
export function inBandError(value: unknown): RouterError {
  const error = asObject(value);
  const type = asText(error?.type);
  return reportedError(CODES.get(type), type, error?.message ?? value);
}
