import type { Choice, RoutingContext, Strategy } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import { shares, smoothOrder } from "./order.ts";
import { included, weightOf } from "../../weights.ts";

/** Takes turns, exactly in proportion to `router.weights`, across all isolates: a Durable Object gives the turns. */
export const roundRobin: Strategy = {
  name: "round_robin",
  description:
    "Takes turns in proportion to router.weights (each 1 unless set; 0 excludes), exactly, across all of Cloudflare.",
  order: nextTurn,
};

interface Round {
  readonly targets: readonly Target[];
  readonly members: readonly Target[];
  /** For each turn the index of the member whose it is. */
  readonly turns: readonly number[];
  /** Names the round's counter: one for each set of names and shares. */
  readonly name: string;
}

async function nextTurn(targets: readonly Target[], context: RoutingContext): Promise<Choice> {
  const { members, turns, name } = roundOf(targets, context.router.weights);
  if (members.length === 0) return { targets: [], reason: "Every model has the weight 0." };
  const { number, degraded } = await context.ticket(name, turns.length);
  const turn = number % turns.length;
  const index = turns[turn] ?? 0;
  const whose = `Turn ${turn + 1} of the ${turns.length} in a round is ${members[index]?.name}'s`;
  return {
    targets: [...members.slice(index), ...members.slice(0, index)],
    ...(degraded && { note: "degraded" }),
    reason: degraded
      ? `${whose}, by this isolate's own count: the Durable Object RoundRobin did not answer in time.`
      : `${whose}.`,
  };
}

/** Weights belong to one configuration, whose round never changes. */
const rounds = new WeakMap<Readonly<Record<string, number>>, Round>();

function roundOf(targets: readonly Target[], weights: Readonly<Record<string, number>>): Round {
  const known = rounds.get(weights);
  if (known?.targets === targets) return known;
  const members = included(targets, weights);
  const parts = shares(members.map((target) => weightOf(target, weights)));
  const named = members.map((target, index) => [target.name, parts[index]] as const);
  const name = JSON.stringify(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  const round = { targets, members, turns: smoothOrder(parts), name };
  rounds.set(weights, round);
  return round;
}
