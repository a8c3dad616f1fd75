/** An OpenAI-compatible upstream's refusal → the router's error. */
import type { OpenAiTarget } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import { readLimited } from "../limited.ts";
import { retryAfterSeconds } from "../retry-after.ts";

const MAX_ERROR_BYTES = 65_536;
/** Refusals that tell the client about its own request: status and body are handed on. */
const HANDED_ON = new Set([400, 404, 413, 422, 429]);
const TOO_LONG =
  /context_length_exceeded|maximum context length|context (length|window)|too many tokens|prompt is too long|input is too long|must be <= \d+/i;

/** Reads the answer's body (at most 64 KiB) and gives the error for it. */
export async function upstreamError(response: Response, target: OpenAiTarget): Promise<RouterError> {
  const { status } = response;
  const body = await readLimited(response, MAX_ERROR_BYTES);
  const retryAfter = retryAfterSeconds(response.headers);
  const options = {
    cause: `HTTP ${status}: ${body.slice(0, 500)}`,
    ...(retryAfter !== undefined && { retryAfter }),
  };
  if (status === 401 || status === 402 || status === 403) {
    return new RouterError("upstream_credentials_rejected", rejected(target), { cause: `HTTP ${status}` });
  }
  if ((status === 400 || status === 413 || status === 422) && TOO_LONG.test(body)) {
    return new RouterError("context_length_exceeded", tooLong(target, body), options);
  }
  if (HANDED_ON.has(status)) {
    const code = status === 429 ? "rate_limit_exceeded" : "upstream_invalid_request";
    const passthrough = isErrorBody(body) ? { status, body } : undefined;
    return new RouterError(code, `'${target.name}' refused the request (HTTP ${status}).`, {
      ...options,
      ...(passthrough && { passthrough }),
    });
  }
  if (status === 408 || status === 504) {
    return new RouterError(
      "upstream_timeout",
      `The upstream of '${target.name}' did not answer in time (HTTP ${status}). Try again, or choose another model.`,
      options,
    );
  }
  return new RouterError(
    status === 502 || status === 503 || status === 529 ? "upstream_unavailable" : "upstream_error",
    `The upstream of '${target.name}' failed (HTTP ${status}). Try again; if it persists, check llms.${target.name}.base_url and the provider's status page.`,
    options,
  );
}

function rejected(target: OpenAiTarget): string {
  return `The upstream of '${target.name}' rejected the router's API key, or the account behind it. Check the key for provider '${target.provider}' (api_keys.${target.provider}, llms.${target.name}.api_key or its binding) and the account's balance.`;
}

/** Agents shorten a conversation only when they read `maximum context length`. */
function tooLong(target: OpenAiTarget, body: string): string {
  const text = errorText(body);
  if (text?.includes("maximum context length")) return text;
  return `The conversation exceeds the maximum context length of '${target.name}'. Shorten it or choose a model with a larger context.${text === undefined ? "" : ` The upstream says: ${text}`}`;
}

function errorText(body: string): string | undefined {
  const error = parseError(body);
  if (typeof error === "string") return error;
  if (typeof error === "object" && error !== null && "message" in error) {
    return typeof error.message === "string" ? error.message : undefined;
  }
  return undefined;
}

/** Whether a body is an error that OpenAI's clients can read. */
function isErrorBody(body: string): boolean {
  return parseError(body) !== undefined;
}

function parseError(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "error" in value ? value.error : undefined;
  } catch {
    return undefined;
  }
}
