import type { RoutingContext, Strategy, Target } from "../../contracts.ts";

/** Picks by chance, in proportion to `router.weights`; a weight of 0 excludes. Draws without replacement. */
export const random: Strategy = {
  name: "random",
  description: "Picks a model by chance, in proportion to router.weights (each 1 unless set; 0 excludes).",
  order: drawAll,
};

function drawAll(targets: readonly Target[], context: RoutingContext): Target[] {
  const left = targets
    .map((target) => ({ target, weight: weightOf(target.name, context.weights) }))
    .filter(({ weight }) => weight > 0);
  const drawn: Target[] = [];
  let total = left.reduce((sum, { weight }) => sum + weight, 0);
  while (left.length > 0) {
    let point = context.random() * total;
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
  return drawn;
}

function weightOf(name: string, weights: Readonly<Record<string, number>>): number {
  return Object.hasOwn(weights, name) ? (weights[name] ?? 1) : 1;
}
