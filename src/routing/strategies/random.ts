import type { Choice, RoutingContext, Strategy } from "./strategy.ts";
import type { RouterConfig } from "../../config/types.ts";
import type { Target } from "../../target.ts";
import { included, weightedOrder, weightOf } from "../weights.ts";

/** Picks by chance, in proportion to `router.weights`; a weight of 0 excludes. Draws without replacement. */
export const random: Strategy = {
  name: "random",
  description: "Picks a model by chance, in proportion to router.weights (each 1 unless set; 0 excludes).",
  bySeed: true,
  order: drawAll,
};

function drawAll(targets: readonly Target[], { router, random, seed }: RoutingContext): Choice {
  const { weights } = router;
  const candidates = included(targets, weights);
  const details = {
    // Told by /v1/route alone: 200 models' would be made for nothing with every request.
    get chances() {
      return chancesOf(candidates, weights);
    },
  };
  if (seed !== undefined) {
    return {
      targets: weightedOrder(targets, weights, seed),
      reason: "Drawn by the session, in proportion to router.weights; all its requests draw the same.",
      details,
    };
  }
  const [first] = candidates;
  const common = first && weightOf(first, weights);
  const alike = candidates.every((target) => weightOf(target, weights) === common);
  return {
    targets: alike ? shuffled(candidates, random) : drawn(candidates, weights, random),
    reason: "Drawn by chance, in proportion to router.weights; each request draws anew.",
    details,
  };
}

function chancesOf(targets: readonly Target[], weights: RouterConfig["weights"]): Record<string, number> {
  const total = targets.reduce((sum, target) => sum + weightOf(target, weights), 0);
  return Object.fromEntries(targets.map((target) => [target.name, weightOf(target, weights) / total]));
}

/** What {@link drawn} does where all weights are the same: 200 models take a tenth of the time. */
function shuffled(targets: readonly Target[], random: () => number): Target[] {
  const order = [...targets];
  for (let from = 0; from < order.length; from++) {
    const at = Math.min(from + Math.floor(random() * (order.length - from)), order.length - 1);
    const [here, there] = [order[from], order[at]];
    if (here && there) [order[from], order[at]] = [there, here];
  }
  return order;
}

function drawn(targets: readonly Target[], weights: RouterConfig["weights"], random: () => number): Target[] {
  const left = targets.map((target) => ({ target, weight: weightOf(target, weights) }));
  let total = left.reduce((sum, { weight }) => sum + weight, 0);
  const order: Target[] = [];
  while (left.length > 0) {
    let point = random() * total;
    // The last one also takes what rounding leaves over.
    let index = left.findIndex(({ weight }) => {
      point -= weight;
      return point < 0;
    });
    if (index === -1) index = left.length - 1;
    const [chosen] = left.splice(index, 1);
    if (!chosen) break;
    order.push(chosen.target);
    total -= chosen.weight;
  }
  return order;
}
