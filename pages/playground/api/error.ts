/** What can go wrong between the page and a model, in OpenAI's words, and what to do about it. */
import { numberOf, objectOf, parseJson, textOf } from "../../lib/json.ts";

export interface Details {
  readonly code: string;
  readonly message: string;
  readonly param?: string | undefined;
  /** HTTP. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  /** How often the router tried. */
  readonly attempts?: number | undefined;
}

/** An error as the router tells it, or one of the way there. */
export class ApiError extends Error {
  readonly code: string;
  readonly param: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly attempts: number | undefined;

  constructor({ code, message, param, status, requestId, retryAfter, attempts }: Details) {
    super(message);
    this.code = code;
    this.param = param;
    this.status = status;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.attempts = attempts;
  }
}

/** The error of a `{"error": {...}}`; `head` adds what only HTTP says. */
export function errorFrom(body: unknown, head: Partial<Details> = {}): ApiError {
  const error = objectOf(objectOf(body).error);
  return new ApiError({
    ...head,
    code: textOf(error.code) ?? textOf(error.type) ?? `http_${head.status ?? "error"}`,
    message: textOf(error.message) ?? "No reason was given.",
    param: textOf(error.param),
  });
}

/** The error of an HTTP answer that is none of success. Reads its body. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  const number = (name: string) => numberOf(Number(response.headers.get(name) ?? Number.NaN));
  return errorFrom(parseJson(text), {
    status: response.status,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfter: number("retry-after"),
    attempts: number("x-router-attempts"),
  });
}

/** `fetch` failed: no answer came. */
export function unreachable(): ApiError {
  return new ApiError({
    code: "unreachable",
    message: "The router could not be reached, or the connection was refused.",
  });
}

/** A key with characters that cannot be sent, so it is none of the router's. */
export function badKey(): ApiError {
  return new ApiError({
    code: "invalid_api_key",
    message: "The key has a space or a character that cannot be sent. Copy it again.",
  });
}

/** The answer ended before its end. */
export function connectionLost(): ApiError {
  return new ApiError({
    code: "connection_lost",
    message: "The connection broke off in the middle of the answer.",
  });
}

const ADVICE: readonly (readonly [RegExp, (error: ApiError) => string])[] = [
  [/^invalid_api_key$/, () => "Enter one of the router’s client keys."],
  [
    /^rate_limit_exceeded$|^too_many_/,
    ({ retryAfter }) =>
      `Wait ${retryAfter === undefined ? "a little" : `${retryAfter} s`}, then retry, or choose another model.`,
  ],
  [/^context_length_exceeded$/, () => "Start a new chat, or choose a model that takes more."],
  [/^request_too_large$/, () => "Send less. Over WebSocket a message may have 1 MiB; SSE takes more."],
  [
    /^unsupported_parameter$/,
    ({ param }) => `Unset ${param ?? "the parameter"} under Parameters, or choose another model.`,
  ],
  [/^unsupported_content$/, () => "Choose a model that takes such files, or send text alone."],
  [/^unreachable$/, () => "Check that the router runs and that you are online, then retry."],
  [/^upstream_invalid_request$/, () => ""],
  [
    /^upstream_credentials_rejected$/,
    () => "This needs another provider key in the router’s configuration or secrets.",
  ],
  [
    /^connection_lost$|^turn_interrupted$|^upstream_|^server_error$/,
    () => "Retry. If it happens again, choose another model.",
  ],
  [
    /^(aws|bedrock)_|^config_|^client_keys_|^no_models$|_missing$/,
    () => "This needs a change of the router’s configuration, or of its secrets.",
  ],
  [/^internal_error$/, () => "Retry, and look for the request id in the router’s log."],
];

/** One sentence on what the person in front of the page can do; empty where the message says it all. */
export function adviceFor(error: ApiError): string {
  return ADVICE.find(([code]) => code.test(error.code))?.[1](error) ?? "";
}
