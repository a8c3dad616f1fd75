/** Which targets a request tries, in order. */
import type { Config } from "../config/types.ts";
import type { Choice, FurtherModules, RoutingContext, TicketCounter } from "./strategies/strategy.ts";
import type { ReadBinding } from "../env.ts";
import type { Target } from "../target.ts";
import { RouterError } from "../errors.ts";
import type { ChatRequest } from "../chat/request.ts";
import { userText } from "../chat/user-text.ts";
import { providerOf } from "../providers/index.ts";
import { type Allowance, checkAllowed, nothingAllowed } from "./allowance.ts";
import { type LeftOut, nobodyCan, sift } from "./capable.ts";
import { factsOf } from "./facts.ts";
import { timesAt } from "./health/index.ts";
import { findTarget, holdsNoConversation, NAMED } from "./models.ts";
import { shortened } from "./query.ts";
import { queryVector, type VectorContext } from "./query-vector.ts";
import { type Pinned, pinned, seatedChoice } from "./session/pinned.ts";
import type { SessionStore } from "./session/seat.ts";
import { digestKey, turnsOf } from "./sticky.ts";
import { strategyNamed } from "./strategies/index.ts";
import { peekingTickets, takingTickets } from "./strategies/round-robin/tickets.ts";
import { included } from "./weights.ts";

export interface PlanContext {
  readonly config: Config;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** The client's name, for `router.sticky`. */
  readonly client?: string;
  /** The client's name for the conversation, as the door has it. */
  readonly session?: string | undefined;
  /** Undefined where wrangler.toml does not bind it. */
  readonly sessions?: SessionStore | undefined;
  readonly binding?: ReadBinding | undefined;
  /** Keeps work alive for which no request waits. */
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
  /** Undefined where wrangler.toml does not bind it. */
  readonly counter?: TicketCounter | undefined;
  readonly complete?: RoutingContext["complete"];
  /** Asks for the vector of a query where none is remembered. Undefined: nobody is asked. */
  readonly embedding?: VectorContext | undefined;
  /** What lies beside the Worker. */
  readonly further: FurtherModules;
  /** Whoever asks may read labelled queries and examples. */
  readonly readsTexts?: boolean;
  /** Which models the key may use; undefined: all. */
  readonly allowance?: Allowance | undefined;
  /** Only explain: take no ticket, remember nothing. */
  readonly peek?: boolean;
}

export interface Plan {
  /** `router.fallback_models`, those that can take the request. */
  readonly fallbacks: readonly Target[];
  /** Who was left out, since it cannot take the request, and why. */
  readonly leftOut: readonly LeftOut[];
  /** The client has left the choice to the strategy. */
  readonly auto: boolean;
  /** For `x-router-strategy`: the strategy's name and notes on it, or `named` when the client chose. */
  readonly strategy: string;
  readonly unknownModel?: string;
  /** The strategy's choice, without fallbacks. */
  readonly choice: Choice;
  /** With `router.sticky: session`. */
  readonly session?: Pinned;
}

/**
 * The named model, else the strategy's first choice, then `router.fallback_models`.
 * @throws RouterError `model_not_found` for an unknown name, where `serve.unknown_model` is `reject`; `model_not_allowed`;
 * what the strategy cannot do without.
 */
export async function plan(request: ChatRequest, context: PlanContext): Promise<Plan> {
  const { config, allowance } = context;
  const chatTargets = allowance ? config.chatTargets.filter(usableBy(allowance)) : config.chatTargets;
  const found = findTarget(request.model, config.targets);
  if (found.kind === "target" && found.target.task !== undefined) throw holdsNoConversation(found.target);
  if (found.kind === "unknown" && config.serve.unknownModel === "reject") {
    const names = ["auto", ...chatTargets.map((target) => target.name)].join(", ");
    throw new RouterError(
      "model_not_found",
      `The model '${request.model}' does not exist here. Models: ${names}.`,
      { param: "model" },
    );
  }
  if (found.kind === "target") checkAllowed(found.target, allowance);
  const auto = found.kind !== "target";
  if (auto && chatTargets.length === 0 && config.chatTargets.length > 0) throw nothingAllowed();
  const spare = fallbacksOf(config, chatTargets);
  if (!auto) spare.delete(found.target);
  const concerned = auto ? new Set([...included(chatTargets, config.router.weights), ...spare]) : spare;
  // A model that the client named is asked as it is.
  const { leftOut } = sift([...concerned], request);
  if (auto && leftOut.length > 0 && leftOut.length === concerned.size) throw nobodyCan(request, leftOut);
  const isAble = (target: Target) => leftOut.every((left) => left.target !== target);
  const able = leftOut.length === 0 ? chatTargets : chatTargets.filter(isAble);
  const session = await pinned(request, auto ? { among: [...concerned] } : { named: found.target }, context);
  const further = [...spare].filter(isAble);
  const { strategy, choice } = auto
    ? await chosen(request, { able, further, session }, context)
    : named(found.target);
  const fallbacks = further.filter((target) => target !== choice.targets[0]);
  return {
    ...{ auto, strategy, choice, fallbacks, leftOut, ...(session && { session }) },
    ...(found.kind === "unknown" && { unknownModel: request.model }),
  };
}

function usableBy({ allows, counts }: Allowance): (target: Target) => boolean {
  return (target) => allows(target) && counts(target);
}

/** `router.fallback_models` as targets. */
function fallbacksOf({ router }: Config, chatTargets: readonly Target[]): Set<Target> {
  const named = (name: string) => chatTargets.filter((target) => target.name === name);
  return new Set(router.fallbackModels.flatMap(named));
}

interface Chosen {
  readonly strategy: string;
  readonly choice: Choice;
}

function named(target: Target): Chosen {
  return { strategy: "named", choice: { targets: [target], reason: NAMED } };
}

interface Candidates {
  readonly able: readonly Target[];
  /** `router.fallback_models`. */
  readonly further: readonly Target[];
  readonly session: Pinned | undefined;
}

/** Asks the strategy, unless `router.sticky` says who is asked again. */
async function chosen(
  request: ChatRequest,
  { able, further, session }: Candidates,
  context: PlanContext,
): Promise<Chosen> {
  const { config, client, peek = false } = context;
  const { strategy: name, sticky, weights } = config.router;
  if (config.chatTargets.length === 0) throw noChatModels();
  const text = userText(request.messages);
  const query = shortened(text);
  const now = Date.now();
  const turn = sticky === "turn" && client !== undefined ? await digestKey([client, query]) : undefined;
  const kept = turn === undefined ? undefined : keptChoice(able, turnsOf(config).get(turn, now), weights);
  const strategy = strategyNamed(name);
  const keeps = session !== undefined && !strategy.weighsSeat;
  const seated = keeps ? seatedChoice(session, { able, further, weights }) : undefined;
  const { seed, seat } = session ?? {};
  const speed = (target: Target) => speedOf(target, context);
  const routing = { ...routingContext(request, query, text, context), seed, seat: seat?.target, speed };
  const choice = kept ?? seated ?? (await strategy.order(able, routing));
  const first = choice.targets[0];
  if (turn !== undefined && first && !peek) turnsOf(config).put(turn, first.name, now);
  return { strategy: choice.note === undefined ? name : `${name}; ${choice.note}`, choice };
}

/** Of its quickest place. */
function speedOf(target: Target, { config, binding }: PlanContext): number | undefined {
  if (binding === undefined) return undefined;
  const places = providerOf(target).places(target, binding);
  const times = places.flatMap((place) => timesAt(place, config, Date.now())?.p50 ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

function keptChoice(
  able: readonly Target[],
  name: string | undefined,
  weights: Config["router"]["weights"],
): Choice | undefined {
  const target = included(able, weights).find((candidate) => candidate.name === name);
  if (!target) return undefined;
  const reason = "It was chosen for the same words of the same client within the last 5 minutes.";
  return { targets: [target], note: "sticky", reason };
}

function routingContext(
  request: ChatRequest,
  query: string,
  text: string | undefined,
  { config, random, counter, complete, embedding, further, readsTexts = false, peek = false }: PlanContext,
): RoutingContext {
  const settings = { counter, lease: config.router.roundRobin.lease, random };
  return {
    request,
    query,
    queryChars: text?.length ?? 0,
    router: config.router,
    random,
    ticket: peek ? peekingTickets(settings) : takingTickets(settings),
    complete,
    further,
    embed: (target) => queryVector(target, query, config, embedding),
    priceOf: (target) => {
      const { prices } = factsOf(target);
      return prices && prices.input + prices.output;
    },
    readsTexts,
  };
}

function noChatModels(): RouterError {
  return new RouterError(
    "no_models",
    "No model can take this request: every configured one makes vectors or orders documents. Add one that holds conversations under llms.",
  );
}
