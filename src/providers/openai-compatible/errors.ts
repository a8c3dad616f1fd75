/** An OpenAI-compatible upstream's refusal → the router's error. */
import type { OpenAiTarget } from "../../target.ts";
import { type ErrorCode, RouterError, type RouterErrorOptions } from "../../errors.ts";
import { readLimited } from "../limited.ts";
import { retryAfterSeconds } from "../retry-after.ts";
import type { Redact } from "../redact.ts";
import { readRefusal } from "./refusal.ts";

const MAX_ERROR_BYTES = 65_536;
/** Refusals that tell the client about its own request: the status is handed on, and the body where it is OpenAI's. */
const HANDED_ON = new Set([400, 404, 413, 422, 429]);
/** What is quoted of an upstream whose errors do not have OpenAI's shape. */
const MAX_QUOTED_CHARS = 500;

/** How upstreams word that prompt, or prompt and answer together, do not fit the model. */
const TOO_LONG = new RegExp(
  [
    /context[ _](?:length|window|limit|size)/, // OpenAI, vLLM, Mistral, DeepSeek, llama.cpp
    /exceed_context_size/, // llama.cpp
    /(?:prompt|input|conversation) is too (?:long|large)/, // Anthropic, Fireworks
    /maximum prompt length/, // xAI
    /input token count.{0,40}exceeds? the maximum/, // Gemini
    /(?:prompt token count|token limit).{0,40}exceed|exceeded model token limit/, // Copilot, Moonshot
    /too many tokens/, // Cohere
    /inputs`? tokens \+ `?max_new_tokens`? must be <=/, // text-generation-inference, Together
  ]
    .map((part) => part.source)
    .join("|"),
  "i",
);

/** Reads the answer's body (at most 64 KiB) and gives the error for it. */
export async function upstreamError(
  response: Response,
  target: OpenAiTarget,
  redact: Redact,
): Promise<RouterError> {
  const retryAfter = retryAfterSeconds(response.headers);
  const body = redact(await readLimited(response, MAX_ERROR_BYTES));
  return errorOf({ status: response.status, body, ...(retryAfter !== undefined && { retryAfter }) }, target);
}

/**
 * The error that an upstream put into an answer which began as a success.
 * @param body Its JSON, without keys.
 */
export function embeddedError(body: string, target: OpenAiTarget): RouterError {
  const { code, searchable } = readRefusal(body);
  // Proxies that have sent their head already put the status into the code.
  const status = /^[45]\d\d$/.test(code) ? Number(code) : 500;
  if (status !== 500 || TOO_LONG.test(searchable)) {
    return errorOf({ status: status === 500 ? 400 : status, body }, target);
  }
  return new RouterError(
    "upstream_error",
    `The upstream of '${target.name}' failed in the middle of its answer.`,
    {
      cause: causeOf(200, body),
      passthrough: { status: 500, body },
    },
  );
}

interface Failure {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: number;
}

function errorOf({ status, body, retryAfter }: Failure, target: OpenAiTarget): RouterError {
  if (status === 401 || status === 402 || status === 403) {
    return new RouterError("upstream_credentials_rejected", rejected(target), { cause: `HTTP ${status}` });
  }
  const options = { cause: causeOf(status, body), ...(retryAfter !== undefined && { retryAfter }) };
  if (HANDED_ON.has(status)) return refusal(status, body, target, options);
  if (status === 408 || status === 504) {
    return new RouterError(
      "upstream_timeout",
      `The upstream of '${target.name}' did not answer in time (HTTP ${status}). Try again, ask for less output, or choose another model; if it persists, check the network and proxies on the way to llms.${target.name}.base_url. The router's own limit is router.timeout or llms.${target.name}.timeout.`,
      options,
    );
  }
  return new RouterError(
    status === 502 || status === 503 || status === 529 ? "upstream_unavailable" : "upstream_error",
    `The upstream of '${target.name}' failed (HTTP ${status}). Try again; if it persists, check llms.${target.name}.base_url and the provider's status page.`,
    options,
  );
}

/** For the log: what kind of failure it was, not the upstream's words, which may quote what a client wrote. */
function causeOf(status: number, body: string): string {
  const { type, code } = readRefusal(body);
  const words = [type && `type ${type}`, code && `code ${code}`].filter(Boolean).join(", ");
  return `HTTP ${status}${words && ` (${words})`}`;
}

function refusal(
  status: number,
  body: string,
  target: OpenAiTarget,
  options: RouterErrorOptions,
): RouterError {
  const { text, searchable, isOpenAis } = readRefusal(body);
  if (status !== 404 && status !== 429 && TOO_LONG.test(searchable)) {
    return new RouterError("context_length_exceeded", tooLong(target, text), {
      ...options,
      param: "messages",
    });
  }
  const code: ErrorCode = status === 429 ? "rate_limit_exceeded" : "upstream_invalid_request";
  const says = text === undefined ? "" : ` The upstream says: ${text.slice(0, MAX_QUOTED_CHARS)}`;
  const hint =
    status === 404 && !isOpenAis ? ` Check llms.${target.name}.base_url, chat_path and model.` : "";
  const message = `The upstream of '${target.name}' refused the request (HTTP ${status}).${hint}${says}`;
  const own = new RouterError(code, message, options);
  const passthrough = { status, body: isOpenAis ? body : JSON.stringify(own.toBody()) };
  return new RouterError(code, message, { ...options, passthrough });
}

function rejected(target: OpenAiTarget): string {
  return `The upstream of '${target.name}' rejected the router's API key, or the account behind it. Check the key for provider '${target.provider}' (api_keys.${target.provider}, llms.${target.name}.api_key or its binding), the account's balance and its access to the model.`;
}

/** Agents shorten a conversation only when they read `maximum context length`. */
function tooLong(target: OpenAiTarget, text: string | undefined): string {
  if (text?.slice(0, MAX_QUOTED_CHARS).includes("maximum context length"))
    return text.slice(0, MAX_QUOTED_CHARS);
  const says = text === undefined ? "" : ` The upstream says: ${text.slice(0, MAX_QUOTED_CHARS)}`;
  return `The conversation exceeds the maximum context length of '${target.name}'. Shorten it or choose a model with a larger context.${says}`;
}
