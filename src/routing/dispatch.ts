/**
 * Request → an answer that has begun: a plan, then attempts. HTTP streaming, HTTP without streaming and WebSocket are skins
 * over it.
 */
import type { Config } from "../config/types.ts";
import type { FurtherModules, TicketCounter } from "./strategies/strategy.ts";
import type { Coordinates, Place, ReasoningMemory, Route, WorkersAi } from "../contracts.ts";
import type { ReadBinding } from "../env.ts";
import type { MemoryHold } from "../lib/memory.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../target.ts";
import { asRouterError, type RouterError, type TrailEntry } from "../errors.ts";
import type { Account, Beside } from "./account.ts";
import type { Allowance } from "./allowance.ts";
import { type Attempt, attempt, attemptLimit, type Brought, type Take } from "./attempt.ts";
import { attempts } from "./attempts.ts";
import { hedgingOf } from "./hedge.ts";
import { usesHealth, watched } from "./health/index.ts";
import type { HealthStore } from "./health/report.ts";
import { chatCeiling, promptCost } from "./ceiling.ts";
import { cooldownOf } from "./cooldown.ts";
import { paidAgain } from "./paid-again.ts";
import { plannedPlaces } from "./places.ts";
import { type Plan, plan } from "./plan.ts";
import type { SessionStore } from "./session/seat.ts";
import { completer } from "./strategies/llm/ask.ts";

export interface DispatchContext {
  readonly config: Config;
  readonly binding: ReadBinding;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The client's name, for `router.sticky` and the sessions of an AWS role. */
  readonly client?: string;
  /** The client's name for the conversation, as the door has it. */
  readonly session?: string | undefined;
  /** Where the client is, as far as that is known. */
  readonly near?: Coordinates | undefined;
  /** Where sessions have moved to; undefined where wrangler.toml does not bind it. */
  readonly sessions?: SessionStore | undefined;
  /** Keeps work alive for which no request waits. */
  readonly background?: (work: Promise<unknown>) => void;
  /** Counts for strategy round_robin; undefined where wrangler.toml does not bind it. */
  readonly counter?: TicketCounter | undefined;
  /** What lies beside the Worker. */
  readonly further: FurtherModules;
  /** What all isolates know of places; undefined where wrangler.toml does not bind it, or nothing goes by it. */
  readonly health?: HealthStore | undefined;
  /** The host under which the router was called, without its port. */
  readonly ownHost?: string | undefined;
  /** Undefined where wrangler.toml does not bind it. */
  readonly ai?: WorkersAi | undefined;
  /** Counts what the request has in hand. */
  readonly hold?: MemoryHold | undefined;
  /** What was kept of the client's tool turns. */
  readonly reasoning?: ReasoningMemory | undefined;
  /** Which models the key may use; undefined: all. */
  readonly allowance?: Allowance | undefined;
  /** Counts for a key with limits. */
  readonly account?: Account | undefined;
  readonly beside?: Beside | undefined;
  /** The request with less of the conversation, where its door has less to give: asked for when a model finds it too long. */
  readonly shorter?: () => ChatRequest | undefined;
  /** Told before each attempt where it goes. */
  readonly onAttempt?: (place: Place) => void;
}

/** An answer that has begun, as its door takes it. */
export interface Answer<T> extends Pick<Brought<T>, "taken"> {
  readonly route: Route;
}

/**
 * Routes a request and waits until its answer has begun.
 * @param take What the door makes of an upstream; see {@link takeDeltas}.
 * @throws RouterError of the last attempt; where there were several it tells each in a line.
 */
export async function dispatch<T>(
  request: ChatRequest,
  context: DispatchContext,
  take: Take<T>,
): Promise<Answer<T>> {
  const { config, account, random, now, onAttempt } = context;
  const signal = account?.limited(context.signal) ?? context.signal;
  // The clock runs while a strategy decides, too: `llm` asks a model.
  const deadline = now() + config.router.deadlineMs;
  const planned = await plan(request, {
    ...context,
    complete: completer({ ...context, signal }),
    embedding: { ...context, signal },
  });
  const cooldown = cooldownOf(config, context.client);
  const { places, ofFirst, reserve } = plannedPlaces(planned, cooldown, context);
  const ceiling = account && chatCeiling(request, targetsOf([...places, ...reserve()]));
  if (ceiling) await account.reserve(ceiling);
  const lost = (target: Target) => promptCost(request, target);
  const { beside, again } = paidAgain({ account, beside: context.beside, most: ceiling, lost });
  const images = new Map<string, Promise<string>>();
  const fitted = fitting({ request, take, context: { ...context, beside, images } }, context.shorter);
  const work = usesHealth(config) ? watched(fitted, request, context) : fitted;
  const movesOn = (failure: RouterError) => planned.auto && failure.code.startsWith("unsupported_");
  const { value, place, trail } = await attempts(places, work, {
    ...{ signal, cooldown, random, now, deadline, onAttempt, retry: config.router.retry },
    again,
    hedging: hedgingOf(request, places, {
      ...{ config, cooldown, account, ceiling, now, warm: planned.session?.seat !== undefined },
      beside: context.beside,
    }),
    movesOn,
    reserve: ({ target }) => (ofFirst > 0 && target === places[0]?.target ? reserve() : []),
    limit: ({ target }) => attemptLimit(target, request, config, deadline - now()),
  });
  planned.session?.served(place);
  const { strategy, unknownModel } = planned;
  const { taken, dropped } = value;
  const unknown = unknownModel !== undefined && { unknownModel };
  return {
    taken,
    route: {
      ...{ target: place.target, strategy, reason: reasonOf(planned, place, trail) },
      ...{ attempts: trail.length, trail, dropped, ...unknown },
    },
  };
}

function targetsOf(places: readonly Place[]): Target[] {
  return [...new Set(places.map(({ target }) => target))];
}

type Work<T> = (place: Place, abort: AbortController) => Promise<Brought<T>>;

/** An attempt that goes on with a shorter request where the model finds it too long; so do all that come after it. */
function fitting<T>(asked: Attempt<T>, shorter: DispatchContext["shorter"]): Work<T> {
  let { request } = asked;
  return async (place, abort) => {
    for (;;) {
      try {
        return await attempt(place, { ...asked, request }, abort);
      } catch (thrown) {
        const tooLong = asRouterError(thrown).code === "context_length_exceeded" && !abort.signal.aborted;
        const next = tooLong ? shorter?.() : undefined;
        if (next === undefined) throw thrown;
        request = next;
      }
    }
  };
}

/** The strategy's own words, how the place was chosen, and who could not take the request. */
function reasonOf(
  { auto, choice, leftOut, session }: Plan,
  { byDistance, id }: Place,
  trail: readonly TrailEntry[],
): string {
  const hedged = trail.some(({ outcome }) => outcome === "outpaced");
  const names = leftOut.map(({ target, lacks }) => `${target.name} (no ${lacks.join(", no ")})`);
  const [wanted] = choice.targets;
  // What is ready is asked in the strategy's order.
  const rests = wanted && trail[0] && trail[0].model !== wanted.name ? wanted.name : undefined;
  const stays = !auto && session?.seat?.place === id;
  return [
    choice.reason,
    ...(rests !== undefined ? [`${rests} cools down.`] : []),
    ...(stays && id !== "" ? [`The session stays at ${id}.`] : []),
    ...(byDistance ? ["Its nearest region is tried first."] : []),
    ...(hedged ? ["Two places were asked: the first was silent for too long."] : []),
    ...(names.length > 0 ? [`Left out: ${names.join("; ")}.`] : []),
  ].join(" ");
}
