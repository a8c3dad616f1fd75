/** Errors that a model server puts into a stream or a body whose HTTP status was 200. */
import { type ErrorCode, RouterError } from "../errors.ts";
import type { JsonObject } from "../openai/types.ts";
import { asObject, asText } from "./json.ts";

/** By HTTP status, which servers write as the error's code. */
const CODES: ReadonlyMap<unknown, ErrorCode> = new Map<unknown, ErrorCode>([
  [400, "upstream_invalid_request"],
  [408, "upstream_timeout"],
  [413, "upstream_invalid_request"],
  [422, "upstream_invalid_request"],
  [429, "rate_limit_exceeded"],
  [503, "upstream_unavailable"],
]);
const TOO_LONG = /context[ _](?:length|window)|(?:prompt|input) is too long/i;

/**
 * Reads `{"error":{"message","type","code"}}` (OpenAI) and `{"object":"error","message","type","code"}` (vLLM).
 * @returns undefined for a payload that is no error.
 */
export function chatError(payload: JsonObject): RouterError | undefined {
  const plain = asText(payload.error);
  const error =
    asObject(payload.error) ?? (payload.object === "error" ? payload : plain && { message: plain });
  if (!error) return undefined;
  const message = asText(error.message) || asText(error.type) || "no reason given";
  if (TOO_LONG.test(message)) {
    // Agents shorten their history only on these words of OpenAI's.
    const text = `The prompt exceeds this model's maximum context length: ${message}`;
    return new RouterError("context_length_exceeded", text, { param: "messages" });
  }
  const code = CODES.get(Number(error.code ?? Number.NaN)) ?? "upstream_error";
  return new RouterError(code, `The model reported an error: ${message}`);
}
