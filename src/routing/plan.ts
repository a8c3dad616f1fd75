/** Which targets a request tries, in order. */
import type { Config } from "../config/types.ts";
import type { Choice, RoutingContext, Target, TicketCounter } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import type { ChatRequest } from "../chat/request.ts";
import { userText } from "../chat/user-text.ts";
import { findTarget } from "./models.ts";
import { holdsNoConversation } from "./tasks.ts";
import { shortened } from "./query.ts";
import { keepTarget, keptTarget, turnKey } from "./sticky.ts";
import { strategyNamed } from "./strategies/index.ts";
import { peekingTickets, takingTickets } from "./strategies/round-robin/tickets.ts";
import { included } from "./weights.ts";

export interface PlanContext {
  readonly config: Config;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** The client's name, for `router.sticky`. */
  readonly client?: string;
  /** Undefined where wrangler.toml does not bind it. */
  readonly counter?: TicketCounter | undefined;
  readonly complete?: RoutingContext["complete"];
  /** Only explain: take no ticket, remember nothing. */
  readonly peek?: boolean;
}

export interface Plan {
  readonly targets: readonly Target[];
  /** For `x-router-strategy`: the strategy's name and notes on it, or `named` when the client chose. */
  readonly strategy: string;
  readonly unknownModel?: string;
  /** The strategy's choice, without fallbacks. */
  readonly choice: Choice;
}

/**
 * The named model, else the strategy's first choice, then `router.fallback_models`.
 * @throws RouterError `model_not_found` for an unknown name, where `serve.unknown_model` is `reject`; what the strategy
 * cannot do without.
 */
export async function plan(request: ChatRequest, context: PlanContext): Promise<Plan> {
  const { config } = context;
  const found = findTarget(request.model, config.targets);
  if (found.kind === "target" && found.target.task !== undefined) throw holdsNoConversation(found.target);
  if (found.kind === "unknown" && config.serve.unknownModel === "reject") {
    const names = ["auto", ...config.chatTargets.map((target) => target.name)].join(", ");
    throw new RouterError(
      "model_not_found",
      `The model '${request.model}' does not exist here. Models: ${names}.`,
      { param: "model" },
    );
  }
  const { strategy, choice } = found.kind === "target" ? named(found.target) : await chosen(request, context);
  return {
    targets: withFallbacks(choice.targets.slice(0, 1), config),
    strategy,
    choice,
    ...(found.kind === "unknown" && { unknownModel: request.model }),
  };
}

interface Chosen {
  readonly strategy: string;
  readonly choice: Choice;
}

function named(target: Target): Chosen {
  return { strategy: "named", choice: { targets: [target], reason: "The request names it." } };
}

/** Asks the strategy, unless the same client's same words were answered lately and `router.sticky` is `turn`. */
async function chosen(request: ChatRequest, context: PlanContext): Promise<Chosen> {
  const { config, client, peek = false } = context;
  const { strategy: name, sticky } = config.router;
  if (config.chatTargets.length === 0) throw noChatModels();
  const text = userText(request.messages);
  const query = shortened(text);
  const turn = sticky === "turn" && client !== undefined ? await turnKey(client, query) : undefined;
  const kept = turn === undefined ? undefined : keptChoice(config, turn);
  const strategy = strategyNamed(name);
  const choice =
    kept ?? (await strategy.order(config.chatTargets, routingContext(request, query, text, context)));
  const first = choice.targets[0];
  if (turn !== undefined && first && !peek) keepTarget(config, turn, first.name, Date.now());
  return { strategy: choice.note === undefined ? name : `${name}; ${choice.note}`, choice };
}

function keptChoice(config: Config, turn: string): Choice | undefined {
  const name = keptTarget(config, turn, Date.now());
  const target = included(config.chatTargets, config.router.weights).find(
    (candidate) => candidate.name === name,
  );
  if (!target) return undefined;
  const reason = "It was chosen for the same words of the same client within the last 5 minutes.";
  return { targets: [target], note: "sticky", reason };
}

function routingContext(
  request: ChatRequest,
  query: string,
  text: string | undefined,
  { config, random, counter, complete, peek = false }: PlanContext,
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
  };
}

function withFallbacks(first: readonly Target[], config: Config): Target[] {
  const fallbacks = config.router.fallbackModels.flatMap((name) =>
    config.targets.filter((target) => target.name === name),
  );
  return [...new Set([...first, ...fallbacks])];
}

function noChatModels(): RouterError {
  return new RouterError(
    "no_models",
    "No model can take this request: every configured one makes vectors or orders documents. Add one that holds conversations under llms.",
  );
}
