/**
 * Request → an answer that has begun. The only place that retries and falls back; HTTP streaming, HTTP without
 * streaming and WebSocket are skins over it. Nothing has reached the client before `dispatch` resolves, so until then
 * another attempt is harmless.
 */
import type { Config } from "../config/types.ts";
import type { ReadBinding, ReasoningMemory, Target, TicketCounter } from "../contracts.ts";
import { asRouterError, type ErrorCode, RouterError } from "../errors.ts";
import type { ChatRequest } from "../chat/request.ts";
import { attempt, type Begun, type BegunAnswer } from "./attempt.ts";
import { backoff, sleep } from "./backoff.ts";
import { candidateKey, candidates, restHouseOf } from "./candidates.ts";
import { completer } from "./strategies/llm/ask.ts";
import { isClients, isRefusal } from "./failures.ts";
import { type Plan, plan } from "./plan.ts";

export interface DispatchContext {
  readonly config: Config;
  readonly binding: ReadBinding;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** The client's name, for `router.sticky`. */
  readonly client?: string;
  /** Counts for strategy round_robin; undefined where wrangler.toml does not bind it. */
  readonly counter?: TicketCounter | undefined;
  /** The host under which the router was called, without its port. */
  readonly ownHost?: string | undefined;
  /** What was kept of the client's tool turns. */
  readonly reasoning?: ReasoningMemory | undefined;
  /** Told before each attempt which target is tried. */
  readonly onAttempt?: (target: Target) => void;
}

/** How one attempt ended. */
export interface TrailEntry {
  readonly model: string;
  readonly region?: string;
  readonly outcome: "ok" | ErrorCode;
  readonly ms: number;
}

/** What every answer tells about its making, for the `x-router-*` headers. */
export interface Route {
  readonly target: Target;
  readonly strategy: string;
  readonly attempts: number;
  /** Every attempt, the last being the answer's own. */
  readonly trail: readonly TrailEntry[];
  readonly dropped: readonly string[];
  /** The client's `model`, where no target has that name. */
  readonly unknownModel?: string;
}

export type Answer =
  | { readonly kind: "native"; readonly route: Route; readonly response: Response }
  | ({ readonly route: Route } & Omit<BegunAnswer, "dropped">);

/**
 * Routes a request and waits for the first delta of a streamed answer, or for the whole of another.
 * @throws RouterError of the last attempt; where there were several it tells each in a line.
 */
export async function dispatch(request: ChatRequest, context: DispatchContext): Promise<Answer> {
  const { config, signal } = context;
  // The clock runs while a strategy decides, too: `llm` asks a model.
  const deadline = Date.now() + config.router.deadlineMs;
  const planned = await plan(request, { ...context, complete: completer(context) });
  const house = restHouseOf(config);
  const trail: TrailEntry[] = [];
  const images = new Map<string, string>();
  /** Models whose credentials were refused: they are the same in every region. */
  const refused = new Set<string>();
  let failure: RouterError | undefined;
  for (const target of candidates(planned, house)) {
    if (refused.has(target.name)) continue;
    for (let retry = 0; retry <= config.router.retry.attempts; retry++) {
      if (retry > 0 && failure && !(await pause(retry, failure, context, deadline))) break;
      context.onAttempt?.(target);
      const started = Date.now();
      try {
        const begun = await attempt(target, request, { ...context, deadline, images });
        house.succeeded(candidateKey(target));
        trail.push(entry(target, "ok", started));
        return answer(begun, routeOf(target, planned, trail, begun));
      } catch (thrown) {
        failure = attemptError(thrown, signal);
        trail.push(entry(target, failure.code, started));
        failure.retried = trail.length > 1;
        failure.attempts = trail.length;
        if (isClients(failure)) throw failure;
        // A key that fails is not the target's failure while another is awake.
        if (!failure.otherKey) house.failed(candidateKey(target), (failure.retryAfter ?? 0) * 1000);
        if (Date.now() >= deadline) throw withTrail(failure, trail);
        if (isRefusal(failure.code)) refused.add(target.name);
        if (!failure.retryable) break;
      }
    }
  }
  if (failure) throw withTrail(failure, trail);
  throw new RouterError(
    "no_models",
    "No model can take this request: every weight in router.weights is 0. Give one of them a weight, or name a model in the request.",
  );
}

function routeOf(
  target: Target,
  { strategy, unknownModel }: Plan,
  trail: readonly TrailEntry[],
  { dropped }: Begun,
): Route {
  const unknown = unknownModel !== undefined && { unknownModel };
  return { target, strategy, attempts: trail.length, trail, dropped, ...unknown };
}

function entry(target: Target, outcome: TrailEntry["outcome"], started: number): TrailEntry {
  const region = target.kind === "bedrock" ? target.regions[0] : undefined;
  return { model: target.name, ...(region !== undefined && { region }), outcome, ms: Date.now() - started };
}

/** The last failure, telling all attempts: what is to be fixed may be with an earlier one. */
function withTrail(failure: RouterError, trail: readonly TrailEntry[]): RouterError {
  if (trail.length < 2) return failure;
  const lines = trail.map(
    ({ model, region, outcome, ms }, index) =>
      `${index + 1}. ${model}${region === undefined ? "" : ` (${region})`}: ${outcome} after ${ms} ms`,
  );
  failure.message = `${failure.message}\nAttempts:\n${lines.join("\n")}`;
  return failure;
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
  return begun.kind === "native" ? { kind: "native", route, response: begun.response } : { ...begun, route };
}

function attemptError(thrown: unknown, client: AbortSignal): RouterError {
  return client.aborted ? clientGone() : asRouterError(thrown);
}

function clientGone(): RouterError {
  return new RouterError("client_closed_request", "The client left before the answer.");
}
