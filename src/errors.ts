/**
 * Every failure the router can report: one class, one table from code to HTTP status, OpenAI's error type and whether
 * a client should try again. Messages are for the person who has to fix it; they never hold secrets, signatures or
 * an upstream's internals.
 */

interface ErrorKind {
  readonly status: number;
  readonly type: string;
  /** Whether the same request may succeed on another attempt, target or region. Dispatch reads it. */
  readonly retryable: boolean;
}

const fault = (retryable: boolean): ErrorKind => ({ status: 500, type: "server_error", retryable });
const refused = (status: number, type = "invalid_request_error"): ErrorKind => ({
  status,
  type,
  retryable: false,
});

const KINDS = {
  // The client's fault.
  invalid_api_key: refused(401),
  origin_not_allowed: refused(403),
  /** One of the configured models, but not one of the key's. */
  model_not_allowed: refused(403),
  not_found: refused(404),
  model_not_found: refused(404),
  method_not_allowed: refused(405),
  request_timeout: refused(408),
  request_too_large: refused(413),
  upgrade_required: refused(426),
  /** Frames of a WebSocket session that are not kept any more. */
  resume_expired: refused(410),
  /** A stored response that is not there (any more), or is another key's. */
  response_not_found: refused(404),
  previous_response_not_found: refused(400),
  too_many_turns: refused(429, "rate_limit_error"),
  too_many_sockets: refused(429, "rate_limit_error"),
  turn_cancelled: refused(499),
  invalid_json: refused(400),
  invalid_value: refused(400),
  unsupported_parameter: refused(400),
  unsupported_content: refused(400),
  context_length_exceeded: refused(400),
  /** The key has spent what it may. */
  insufficient_quota: refused(429, "insufficient_quota"),
  /** The client left before the answer; nobody reads this one. */
  client_closed_request: refused(499),
  /** The model itself refused the request; its own words are the message. */
  upstream_invalid_request: refused(400),

  // The router's configuration.
  config_invalid: fault(false),
  client_keys_missing: fault(false),
  no_models: fault(false),
  binding_missing: fault(false),
  api_key_missing: fault(false),
  /** Of a model that a key with a limit of money asks for. */
  price_unknown: fault(false),

  // The upstream. Another target may still answer, so all but the truncations are retryable elsewhere.
  aws_credentials_missing: fault(false),
  aws_credentials_rejected: fault(false),
  aws_credentials_expired: fault(false),
  aws_access_denied: fault(false),
  /** STS gives no credentials for the configured role. */
  aws_role_refused: fault(false),
  bedrock_model_invalid: fault(false),
  bedrock_model_access_denied: fault(false),
  bedrock_inference_profile_required: fault(false),
  bedrock_region_unsupported: fault(false),
  bedrock_quota_exceeded: fault(false),
  upstream_credentials_rejected: fault(false),
  upstream_timeout: fault(true),
  upstream_unreachable: fault(true),
  upstream_error: fault(true),
  upstream_unavailable: fault(true),
  upstream_not_ready: fault(true),
  upstream_stream_invalid: fault(true),
  upstream_truncated: fault(true),
  rate_limit_exceeded: { status: 429, type: "rate_limit_error", retryable: true },

  /** The isolate has too much in hand, of this client or of others. */
  overloaded: { status: 503, type: "server_error", retryable: true },
  /** The object that counts for a key with limits could not be reached. */
  limits_unavailable: { status: 503, type: "server_error", retryable: true },
  /** A session's object could not be started or reached. */
  session_unavailable: { status: 503, type: "server_error", retryable: true },
  /** The router was restarted in the middle of an answer. */
  turn_interrupted: fault(true),
  internal_error: fault(false),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof KINDS;

/** How one attempt at a place ended. */
export interface TrailEntry {
  readonly model: string;
  /** The place's id: a region, `key 2`, or nothing. */
  readonly place: string;
  /** `outpaced`: another place has answered first. */
  readonly outcome: "ok" | "outpaced" | ErrorCode;
  readonly ms: number;
}

export interface RouterErrorOptions {
  /** The request field at fault, e.g. `messages[0].content`. */
  readonly param?: string;
  /** Seconds that the upstream wants to be left alone. */
  readonly retryAfter?: number;
  /** For logs only; never shown. */
  readonly cause?: unknown;
  /** An OpenAI-compatible upstream's own error answer, handed on with its status. */
  readonly passthrough?: { readonly status: number; readonly body: string };
  /** Every attempt that was made, this failure being the last one's. */
  readonly trail?: readonly TrailEntry[];
  /** Another place of the same target, with credentials of its own, was ready and has not been tried. */
  readonly elsewhere?: boolean;
}

/** A failure with a stable `code`; status, type and retry advice follow from the table. */
export class RouterError extends Error {
  override readonly name = "RouterError";
  readonly code: ErrorCode;
  readonly param: string | null;
  /** Seconds that the upstream wants to be left alone; undefined where it does not say. */
  readonly askedWait: number | undefined;
  readonly passthrough: RouterErrorOptions["passthrough"];
  /** The attempts that led here; empty when none was made. */
  readonly trail: readonly TrailEntry[];
  readonly #elsewhere: boolean;

  constructor(code: ErrorCode, message: string, options: RouterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.askedWait = options.retryAfter;
    this.passthrough = options.passthrough;
    this.trail = options.trail ?? [];
    this.#elsewhere = options.elsewhere ?? false;
  }

  get status(): number {
    return this.passthrough?.status ?? KINDS[this.code].status;
  }

  get type(): string {
    return KINDS[this.code].type;
  }

  /** Whether the same place may be tried again before anything reached the client. */
  get retryable(): boolean {
    return KINDS[this.code].retryable;
  }

  /** Seconds to wait, for `Retry-After`; undefined where nobody said how long, and where waiting is of no use. */
  get retryAfter(): number | undefined {
    if (!this.#mayPass) return undefined;
    return this.askedWait ?? (this.code === "rate_limit_exceeded" ? 1 : undefined);
  }

  /**
   * For `x-should-retry`, which OpenAI's SDKs obey; without it they repeat every 5xx twice. A client that repeats at once
   * what was tried several times already would only multiply the load.
   */
  get shouldRetry(): boolean {
    return this.#mayPass && (this.retryAfter !== undefined || this.trail.length < 2);
  }

  get #mayPass(): boolean {
    return this.retryable || this.#elsewhere;
  }

  /** The same failure with the attempts that led to it: told in its message where there were several. */
  after(trail: readonly TrailEntry[], elsewhere: boolean): RouterError {
    const { code, param, askedWait, passthrough, cause } = this;
    const message = trail.length < 2 ? this.message : `${this.message}\nAttempts:\n${trailLines(trail)}`;
    const told = new RouterError(code, message, {
      ...(param !== null && { param }),
      ...(askedWait !== undefined && { retryAfter: askedWait }),
      ...(passthrough && { passthrough }),
      ...(cause !== undefined && { cause }),
      trail,
      elsewhere,
    });
    if (this.stack !== undefined) told.stack = this.stack;
    return told;
  }

  /** OpenAI's error object, the same over HTTP, SSE and WebSocket. */
  toBody(): { error: { message: string; type: string; param: string | null; code: string } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** Whether the upstream may have done the work all the same: the client left, or nobody waited any longer. */
export function mayCost(thrown: unknown): boolean {
  return thrown instanceof RouterError && (thrown.status === 499 || thrown.code === "upstream_timeout");
}

/** All attempts, a line each: what is to be fixed may be with an earlier one. */
function trailLines(trail: readonly TrailEntry[]): string {
  return trail
    .map(({ model, place, outcome, ms }, index) => {
      const where = place === "" ? "" : ` (${place})`;
      return `${index + 1}. ${model}${where}: ${outcome} after ${ms} ms`;
    })
    .join("\n");
}

/** Any thrown value as a RouterError; what is not one becomes `internal_error` without its text. */
export function asRouterError(thrown: unknown): RouterError {
  if (thrown instanceof RouterError) return thrown;
  return new RouterError(
    "internal_error",
    "The router failed unexpectedly. The request id in the x-request-id header finds the details in the Worker's log (npx wrangler tail).",
    { cause: thrown },
  );
}
