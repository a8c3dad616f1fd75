/** How much a request may hold, before it is known which model answers it. */
import type { Config } from "../config/types.ts";
import type { Target } from "../target.ts";
import { findTarget } from "./models.ts";
import { factsOf } from "./facts.ts";
import { included } from "./weights.ts";

/**
 * The smallest known context, in tokens, of the models that may answer: the named one, else all that the strategy
 * chooses from, and the fallbacks. Undefined where none is known.
 */
export function leastContext(model: string, config: Config): number | undefined {
  const { router, targets } = config;
  const found = findTarget(model, targets);
  const first: readonly Target[] =
    found.kind === "target" ? [found.target] : included(config.chatTargets, router.weights);
  const fallbacks = targets.filter(({ name }) => router.fallbackModels.includes(name));
  const known = [...first, ...fallbacks].flatMap((target) => factsOf(target).contextWindow ?? []);
  return known.length === 0 ? undefined : Math.min(...known);
}
