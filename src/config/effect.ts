/** What is valid and set without effect, beyond single keys: each becomes a warning. */
import type { Target } from "../target.ts";
import { MODEL } from "./keys.ts";
import { show } from "./report.ts";
import type { Section } from "./section.ts";
import type { RouterConfig, StrategyName } from "./types.ts";

/** Keys of `router` that one strategy alone looks at. */
const OF_ONE_STRATEGY: Readonly<Record<string, StrategyName>> = {
  rules: "rules",
  [MODEL.name]: "llm",
  round_robin: "round_robin",
};

/** @param at The section `router`, as it has been read. */
export function warnOfNoEffect(at: Section, router: RouterConfig, targets: readonly Target[]): void {
  const { strategy, rules, weights } = router;
  for (const [key, owner] of Object.entries(OF_ONE_STRATEGY)) {
    if (at.has(key) && strategy !== owner) {
      at.warn(
        key,
        `has no effect here: only strategy ${owner} looks at it, and router.strategy is ${strategy}`,
      );
    }
  }
  const chosen = targets.filter(({ task, name }) => task === undefined && weights[name] !== 0);
  if (strategy === "rules" && rules.length === 0 && chosen[0]) {
    at.warn(
      "strategy",
      `is rules, but there are no rules: the first model, ${show(chosen[0].name)}, is always chosen`,
    );
  }
  for (const target of targets.filter((target) => !isReached(target, router, chosen))) {
    const { name } = target;
    const { key, how } =
      weights[name] === 0
        ? { key: "weights", how: `give ${show(name)} 0` }
        : { key: "rules", how: `do not name ${show(name)}` };
    at.warn(
      key,
      `${how}, nor does router.fallback_models have it: no strategy chooses it, clients reach it by its name alone`,
    );
  }
}

/** Whether some strategy comes to the model, or it has another use. */
function isReached(
  { name, task, aliases }: Target,
  { strategy, rules, weights, judge, fallbackModels }: RouterConfig,
  chosen: readonly Target[],
): boolean {
  // Other names are there for clients to ask for it.
  if (task !== undefined || aliases !== undefined) return true;
  if (judge?.name === name || fallbackModels.includes(name)) return true;
  if (weights[name] === 0) return false;
  if (strategy !== "rules" || rules.length === 0 || rules.some(({ model }) => model === name)) return true;
  // Without a default rule the first model is it.
  const hasDefault = rules.some(({ kind, model }) => kind === "default" && weights[model] !== 0);
  return !hasDefault && chosen[0]?.name === name;
}
