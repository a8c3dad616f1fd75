/** What is valid and set without effect, beyond single keys: each becomes a warning. */
import type { Target } from "../target.ts";
import { MODEL } from "./keys.ts";
import { show } from "./report.ts";
import type { Section } from "./section.ts";
import type { RouterConfig, StrategyName } from "./types.ts";

/** Keys of `router` that few strategies look at. */
const OF_STRATEGIES: Readonly<Record<string, readonly StrategyName[]>> = {
  rules: ["rules"],
  [MODEL.name]: ["llm"],
  round_robin: ["round_robin"],
  tiers: ["complexity"],
  routes: ["semantic"],
  threshold: ["semantic"],
  knn: ["knn"],
  default: ["semantic", "knn"],
  embedding_model: ["semantic", "knn"],
  embedding_timeout: ["semantic", "knn"],
};

/** Where the strategies that know few models name them. */
const NAMING: Readonly<Partial<Record<StrategyName, string>>> = {
  rules: "rules",
  complexity: "tiers",
  semantic: "routes",
};

/** @param at The section `router`, as it has been read. */
export function warnOfNoEffect(at: Section, router: RouterConfig, targets: readonly Target[]): void {
  const { strategy, rules, weights } = router;
  for (const [key, owners] of Object.entries(OF_STRATEGIES)) {
    if (at.has(key) && !owners.includes(strategy)) {
      const who =
        owners.length > 1 ? `strategies ${owners.join(" and ")} look` : `strategy ${owners[0]} looks`;
      at.warn(key, `has no effect here: only ${who} at it, and router.strategy is ${strategy}`);
    }
  }
  const chosen = targets.filter(({ task, name }) => task === undefined && weights[name] !== 0);
  if (strategy === "rules" && rules.length === 0 && chosen[0]) {
    at.warn(
      "strategy",
      `is rules, but there are no rules: the first model, ${show(chosen[0].name)}, is always chosen`,
    );
  }
  const reached = reachedNames(router, chosen);
  for (const { name, task, aliases } of targets) {
    // Other names are there for clients to ask for it.
    if (task !== undefined || aliases !== undefined || reached.has(name)) continue;
    const { key, how } =
      weights[name] === 0
        ? { key: "weights", how: `give ${show(name)} 0` }
        : { key: NAMING[router.strategy] ?? "strategy", how: `do not name ${show(name)}` };
    at.warn(
      key,
      `${how}, nor does router.fallback_models have it: no strategy chooses it, clients reach it by its name alone`,
    );
  }
}

/** The names of the models to which some strategy comes, or that have another use. */
function reachedNames(router: RouterConfig, chosen: readonly Target[]): ReadonlySet<string> {
  const { judge, fallbackModels, weights } = router;
  const byStrategy = namedByStrategy(router, chosen).filter((name) => weights[name] !== 0);
  return new Set([...(judge ? [judge.name] : []), ...fallbackModels, ...byStrategy]);
}

function namedByStrategy(
  { strategy, rules, weights, tiers, routes, defaultModel }: RouterConfig,
  chosen: readonly Target[],
): string[] {
  const first = chosen.slice(0, 1).map(({ name }) => name);
  if (strategy === "complexity") return tiers.map(({ model }) => model);
  if (strategy === "semantic") {
    return [...routes.map(({ model }) => model), ...(defaultModel === undefined ? first : [defaultModel])];
  }
  if (strategy !== "rules" || rules.length === 0) return chosen.map(({ name }) => name);
  // Without a default rule the first model is it.
  const hasDefault = rules.some(({ kind, model }) => kind === "default" && weights[model] !== 0);
  return [...rules.map(({ model }) => model), ...(hasDefault ? [] : first)];
}
