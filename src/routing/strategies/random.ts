import type { Choice, RoutingContext, Strategy } from "./strategy.ts";
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
  const left = included(targets, router.weights).map((target) => ({
    target,
    weight: weightOf(target, router.weights),
  }));
  let total = left.reduce((sum, { weight }) => sum + weight, 0);
  const chances = Object.fromEntries(left.map(({ target, weight }) => [target.name, weight / total]));
  if (seed !== undefined) {
    return {
      targets: weightedOrder(targets, router.weights, seed),
      reason: "Drawn by the session, in proportion to router.weights; all its requests draw the same.",
      details: { chances },
    };
  }
  const drawn: Target[] = [];
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
    drawn.push(chosen.target);
    total -= chosen.weight;
  }
  return {
    targets: drawn,
    reason: "Drawn by chance, in proportion to router.weights; each request draws anew.",
    details: { chances },
  };
}
