/** Claude's own error objects, which arrive inside a stream whose HTTP status was 200. */
import { type ErrorCode, RouterError } from "../../errors.ts";
import { asObject, asText } from "../json.ts";

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
const TOO_LONG =
  /prompt is too long|exceeds? the (?:model's )?(?:maximum )?context|context (?:window|length)/i;

/** @param value The `error` member of `{"type":"error","error":{"type","message"}}`. */
export function inBandError(value: unknown): RouterError {
  const error = asObject(value);
  const type = asText(error?.type);
  const message = asText(error?.message) || asText(value) || "no reason given";
  const code = CODES.get(type) ?? "upstream_error";
  if (code === "upstream_invalid_request" && TOO_LONG.test(message)) {
    // Agents shorten their history only on these words of OpenAI's.
    const text = `The prompt exceeds this model's maximum context length: ${message}`;
    return new RouterError("context_length_exceeded", text, { param: "messages" });
  }
  return new RouterError(code, `The model reported ${type || "an error"}: ${message}`);
}
