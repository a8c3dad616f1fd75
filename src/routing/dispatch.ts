/**
 * Request → an answer that has begun. The only place that retries and falls back; HTTP streaming, HTTP without
 * streaming and WebSocket are skins over it. Nothing has reached the client before `dispatch` resolves, so until then
 * another attempt is harmless.
 */
import type { Config } from "../config/types.ts";
import type { Delta, NativeUpstream, ReadBinding, Target } from "../contracts.ts";
import { asRouterError, RouterError } from "../errors.ts";
import type { ChatRequest } from "../openai/types.ts";
import { providerOf } from "../providers/index.ts";
import { backoff, sleep } from "./backoff.ts";
import { plan } from "./plan.ts";
import { type DeltaSource, deltaSource } from "./source.ts";

export interface DispatchContext {
  readonly config: Config;
  readonly binding: ReadBinding;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Told before each attempt which target is tried. */
  readonly onAttempt?: (target: Target) => void;
}

/** What every answer tells about its making, for the `x-router-*` headers. */
export interface Route {
  readonly target: Target;
  readonly strategy: string;
  readonly attempts: number;
  readonly dropped: readonly string[];
  /** The client's `model`, where no target has that name. */
  readonly unknownModel?: string;
}

export type Answer =
  | { readonly kind: "native"; readonly route: Route; readonly response: Response }
  /** `head` ends with the first delta worth showing; when the request does not stream it is the whole answer. */
  | {
      readonly kind: "decoded";
      readonly route: Route;
      readonly head: readonly Delta[];
      readonly rest: DeltaSource;
    };

const WHOLE_ANSWER_TIMEOUT_MS = 600_000;
const FIRST_DELTA_TIMEOUT_MS = 120_000;

/**
 * Routes a request and waits for the first delta of a streamed answer, or for the whole of another.
 * @throws RouterError of the last attempt.
 */
export async function dispatch(request: ChatRequest, context: DispatchContext): Promise<Answer> {
  const { router } = context.config;
  const { targets, strategy, unknownModel } = await plan(request, context);
  const deadline = Date.now() + router.deadlineMs;
  let attempts = 0;
  let failure: RouterError | undefined;
  for (const target of targets) {
    for (let retry = 0; retry <= router.retry.attempts; retry++) {
      if (retry > 0 && failure && !(await pause(retry, failure, context, deadline))) break;
      attempts++;
      context.onAttempt?.(target);
      try {
        const begun = await attempt(target, request, context, deadline);
        const unknown = unknownModel !== undefined && { unknownModel };
        return answer(begun, { target, strategy, attempts, dropped: begun.dropped, ...unknown });
      } catch (thrown) {
        failure = attemptError(thrown, context.signal);
        failure.retried = attempts > 1;
        if (isClients(failure) || Date.now() >= deadline) throw failure;
        if (!failure.retryable) break;
      }
    }
  }
  throw (
    failure ??
    new RouterError("no_models", "No model can take this request: every weight in router.weights is 0.")
  );
}

/**
 * Waits before another attempt at the same target; false when the deadline would be over by then: such an attempt would
 * only put a timeout in the place of the failure at hand.
 */
async function pause(
  retry: number,
  failure: RouterError,
  { config, random, signal }: DispatchContext,
  deadline: number,
): Promise<boolean> {
  const pauseMs = backoff(retry, config.router.retry, failure, random);
  if (Date.now() + pauseMs >= deadline) return false;
  await sleep(pauseMs, signal);
  if (signal.aborted) throw clientGone();
  return true;
}

function answer(begun: Begun, route: Route): Answer {
  return begun.kind === "native"
    ? { kind: "native", route, response: begun.response }
    : { kind: "decoded", route, head: begun.head, rest: begun.rest };
}

/** A request that is wrong itself is wrong for every model. */
function isClients(error: RouterError): boolean {
  return error.status < 500 && error.status !== 429;
}

function attemptError(thrown: unknown, client: AbortSignal): RouterError {
  return client.aborted ? clientGone() : asRouterError(thrown);
}

function clientGone(): RouterError {
  return new RouterError("client_closed_request", "The client left before the answer.");
}

type Begun =
  | NativeUpstream
  | { kind: "decoded"; dropped: readonly string[]; head: readonly Delta[]; rest: DeltaSource };

async function attempt(
  target: Target,
  request: ChatRequest,
  context: DispatchContext,
  deadline: number,
): Promise<Begun> {
  const { config, binding, signal } = context;
  const limit =
    target.timeoutMs ??
    config.router.timeoutMs ??
    (request.stream ? FIRST_DELTA_TIMEOUT_MS : WHOLE_ANSWER_TIMEOUT_MS);
  const leftMs = Math.max(0, deadline - Date.now());
  const abort = new AbortController();
  const leave = () => abort.abort(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  const expire = () =>
    abort.abort(leftMs < limit ? deadlineError(target, config) : timeoutError(target, limit));
  const timer = setTimeout(expire, Math.min(limit, leftMs));
  try {
    const upstream = await providerOf(target).open(target, request, { signal: abort.signal, binding });
    if (upstream.kind === "native") return upstream;
    const rest = deltaSource(upstream, {
      name: target.name,
      abort,
      idleTimeoutMs: config.router.idleTimeoutMs,
    });
    const head = await readHead(rest, request.stream);
    return { kind: "decoded", dropped: upstream.dropped, head, rest };
  } finally {
    clearTimeout(timer);
  }
}

/** Reads up to the first delta worth showing, or to the end. Throws when the answer fails before that. */
async function readHead(source: DeltaSource, streams: boolean): Promise<readonly Delta[]> {
  const head: Delta[] = [];
  for (;;) {
    const deltas = await source.next();
    if (deltas === undefined) return head;
    head.push(...deltas);
    const failed = deltas.at(-1);
    if (failed?.type === "error" && !(streams && head.some(isShown))) throw failed.error;
    if (streams && head.some(isShown)) return head;
  }
}

function isShown(delta: Delta): boolean {
  if (delta.type === "text" || delta.type === "reasoning") return delta.text !== "";
  return delta.type === "tool_start" || delta.type === "refusal" || delta.type === "finish";
}

function timeoutError(target: Target, timeoutMs: number): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${target.name}' did not answer within ${timeoutMs / 1000} s. Try again; raise router.timeout or llms.${target.name}.timeout, check the network, or choose a faster model${target.kind === "bedrock" ? " or another aws_region" : ""}.`,
  );
}

function deadlineError(target: Target, { router }: Config): RouterError {
  return new RouterError(
    "upstream_timeout",
    `No model answered within ${router.deadlineMs / 1000} s, the time for all attempts together; '${target.name}' was the last one tried. Try again, raise router.deadline, or choose a faster model.`,
  );
}
