/** The router's API as the pages ask it, and what it or the way there refuses. */
import { numberOf, objectOf, parseJson, textOf } from "./json.ts";

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

/** No answer came. */
export function unreachable(): ApiError {
  return new ApiError({
    code: "unreachable",
    message: "The router could not be reached, or the connection was refused.",
  });
}

/**
 * The header that carries a key; none where none is needed.
 * @throws ApiError for a key that no header can carry, so it is none of the router's
 */
export function keyHeader(key: string): Record<string, string> {
  if (/^[\x21-\x7e]*$/.test(key)) return key === "" ? {} : { authorization: `Bearer ${key}` };
  throw new ApiError({
    code: "invalid_api_key",
    message: "The key has a space or a character that cannot be sent. Copy it again.",
  });
}

/**
 * `fetch` of the router, which neither follows a redirect nor keeps anything.
 * @throws ApiError where no answer comes; a signal's abort stays what it is
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(path, { ...init, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch {
    if (init.signal?.aborted) throw init.signal.reason;
    throw unreachable();
  }
}
