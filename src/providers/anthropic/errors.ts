/** What an API that speaks Messages refuses → the router's errors. Its own words stay as they are: clients act on them. */
import type { AnthropicTarget } from "../../target.ts";
import { messagesError } from "../../dialects/anthropic-messages/upstream/errors.ts";
import { RouterError, type RouterErrorOptions } from "../../errors.ts";
import { asObject, asText, parseObject } from "../../lib/json.ts";
import { readLimited } from "../limited.ts";
import { retryAfterSeconds } from "../retry-after.ts";

const MAX_ERROR_BYTES = 65_536;
const MAX_QUOTED_CHARS = 2_000;
const TOO_LONG = /prompt is too long|context (?:length|window|limit)|too many (?:input )?tokens/i;
/** An account without money is refused as a request is. */
const NO_CREDIT = /credit balance is too low/i;

/** Reads the answer's body (at most 64 KiB) and gives the error for it. @param redact Takes the router's keys out of a text. */
export async function upstreamError(
  response: Response,
  target: AnthropicTarget,
  redact: (text: string) => string,
): Promise<RouterError> {
  const retryAfter = retryAfterSeconds(response.headers);
  const body = redact(await readLimited(response, MAX_ERROR_BYTES));
  const error = asObject(parseObject(body)?.error);
  const options = {
    cause: `HTTP ${response.status} ${asText(error?.type)}`,
    ...(retryAfter !== undefined && { retryAfter }),
  };
  return refusal(response.status, asText(error?.message).slice(0, MAX_QUOTED_CHARS), target, options);
}

/** The error that stands in a stream, or in a body whose status was 200. @param error Without keys. */
export function embeddedError(error: unknown, target: AnthropicTarget): RouterError {
  const { type, message } = asObject(error) ?? {};
  if (type === "authentication_error" || type === "permission_error") return rejected(target, {});
  const text = asText(message);
  return TOO_LONG.test(text) ? tooLong(text, {}) : messagesError(error);
}

function refusal(
  status: number,
  text: string,
  target: AnthropicTarget,
  options: RouterErrorOptions,
): RouterError {
  const own = `The upstream of '${target.name}'`;
  if (status === 401 || status === 402 || status === 403 || NO_CREDIT.test(text))
    return rejected(target, options);
  if (status === 429)
    return new RouterError(
      "rate_limit_exceeded",
      text || `${own} has too much to do. Wait and try again.`,
      options,
    );
  if (status === 529 || status === 503) {
    return new RouterError("upstream_unavailable", text || `${own} is overloaded. Try again.`, options);
  }
  if (status === 408 || status === 504) {
    return new RouterError("upstream_timeout", text || `${own} did not answer in time. Try again.`, options);
  }
  if (status >= 500)
    return new RouterError("upstream_error", `${own} failed (HTTP ${status}). Try again.`, options);
  if (TOO_LONG.test(text)) return tooLong(text, options);
  if (status === 413)
    return new RouterError("request_too_large", text || `${own} takes no request of this size.`, options);
  return new RouterError(
    "upstream_invalid_request",
    text || `${own} refused the request (HTTP ${status}).`,
    options,
  );
}

/** Agents shorten a conversation when they read its words, or OpenAI's: both stand here. */
function tooLong(text: string, options: RouterErrorOptions): RouterError {
  const message = `${text} (The prompt exceeds this model's maximum context length.)`;
  return new RouterError("context_length_exceeded", message, { ...options, param: "messages" });
}

function rejected(target: AnthropicTarget, options: RouterErrorOptions): RouterError {
  return new RouterError(
    "upstream_credentials_rejected",
    `The upstream of '${target.name}' rejected the router's API key, or the account behind it. Check the key for provider '${target.provider}' (api_keys.${target.provider}, llms.${target.name}.api_key or its binding), the account's balance and its access to the model.`,
    options,
  );
}
