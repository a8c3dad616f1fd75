/** The errors of servers that speak OpenAI's format, inside an answer whose HTTP status was 200. */
import type { ErrorCode, RouterError } from "../../../errors.ts";
import { reportedError } from "../../../chat/reported-error.ts";
import { asObject, asText, type JsonObject } from "../../../lib/json.ts";

/** By HTTP status, which servers write as the error's code. */
const CODES: ReadonlyMap<unknown, ErrorCode> = new Map<unknown, ErrorCode>([
  [400, "upstream_invalid_request"],
  [408, "upstream_timeout"],
  [413, "upstream_invalid_request"],
  [422, "upstream_invalid_request"],
  [429, "rate_limit_exceeded"],
  [503, "upstream_unavailable"],
]);
/**
 * Reads `{"error":{"message","type","code"}}` (OpenAI) and `{"object":"error","message","type","code"}` (vLLM).
 * @returns undefined for a payload that is no error.
 */
export function chatError(payload: JsonObject): RouterError | undefined {
  const plain = asText(payload.error);
  const error =
    asObject(payload.error) ?? (payload.object === "error" ? payload : plain && { message: plain });
  if (!error) return undefined;
  const { message, type, code } = error;
  return reportedError(CODES.get(Number(code ?? Number.NaN)), asText(type), message);
}
