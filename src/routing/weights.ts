/** `router.weights`: how often each target is to be chosen. */
import type { Target } from "../target.ts";
import { byRendezvous } from "./session/rendezvous.ts";

type Weights = Readonly<Record<string, number>>;

/** The target's weight; 1 unless one is set. */
export function weightOf(target: Target, weights: Weights): number {
  return Object.hasOwn(weights, target.name) ? (weights[target.name] ?? 1) : 1;
}

/** The targets that a strategy may choose: a weight of 0 excludes. */
export function included(targets: readonly Target[], weights: Weights): Target[] {
  return targets.filter((target) => weightOf(target, weights) > 0);
}

/** Those that may be chosen, as a seed draws them: each is first in proportion to its weight. */
export function weightedOrder(targets: readonly Target[], weights: Weights, seed: number): Target[] {
  const weight = (target: Target) => weightOf(target, weights);
  return byRendezvous(included(targets, weights), seed, { name: ({ name }) => name, weight });
}
