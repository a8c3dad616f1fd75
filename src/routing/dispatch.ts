/**
 * Request → an answer that has begun: a plan, then attempts. HTTP streaming, HTTP without streaming and WebSocket are skins
 * over it.
 */
import type { Config } from "../config/types.ts";
import type { Place, ReadBinding, ReasoningMemory, Target, TicketCounter } from "../contracts.ts";
import type { TrailEntry } from "../errors.ts";
import type { MemoryHold } from "../lib/memory.ts";
import type { ChatRequest } from "../chat/request.ts";
import { attempt, attemptLimit, type Begun, type BegunAnswer } from "./attempt.ts";
import { attempts } from "./attempts.ts";
import { cooldownOf } from "./cooldown.ts";
import { plannedPlaces } from "./places.ts";
import { type Plan, plan } from "./plan.ts";
import { completer } from "./strategies/llm/ask.ts";

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
  /** Counts what the request has in hand. */
  readonly hold?: MemoryHold | undefined;
  /** What was kept of the client's tool turns. */
  readonly reasoning?: ReasoningMemory | undefined;
  /** Told before each attempt where it goes. */
  readonly onAttempt?: (place: Place) => void;
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
  const { config, signal, random, onAttempt } = context;
  // The clock runs while a strategy decides, too: `llm` asks a model.
  const deadline = Date.now() + config.router.deadlineMs;
  const planned = await plan(request, { ...context, complete: completer(context) });
  const cooldown = cooldownOf(config);
  const images = new Map<string, Promise<string>>();
  const { value, place, trail } = await attempts(
    plannedPlaces(planned, cooldown, context.binding),
    (place, abort) => attempt(place, request, { ...context, images }, abort),
    {
      ...{ signal, cooldown, random, deadline, onAttempt, retry: config.router.retry },
      limit: ({ target }) => attemptLimit(target, request, config, deadline),
    },
  );
  return answer(value, routeOf(place.target, planned, trail, value));
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

function answer(begun: Begun, route: Route): Answer {
  return begun.kind === "native" ? { kind: "native", route, response: begun.response } : { ...begun, route };
}
