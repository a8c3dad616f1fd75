/** The strategies by the name that `router.strategy` gives. */
import type { Strategy } from "./strategy.ts";
import { RouterError } from "../../errors.ts";
import { cheapest } from "./cheapest.ts";
import { fastest } from "./fastest.ts";
import { complexity, knn, semantic } from "./judged.ts";
import { llm } from "./llm/index.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin/index.ts";
import { rules } from "./rules.ts";

export const STRATEGIES: readonly Strategy[] = [
  random,
  roundRobin,
  rules,
  llm,
  cheapest,
  fastest,
  complexity,
  semantic,
  knn,
];

/** @throws RouterError `config_invalid` for a name that no strategy has. */
export function strategyNamed(name: string): Strategy {
  const strategy = STRATEGIES.find((candidate) => candidate.name === name);
  if (strategy) return strategy;
  const names = STRATEGIES.map((candidate) => candidate.name).join(", ");
  throw new RouterError("config_invalid", `router.strategy is '${name}'; wanted one of ${names}.`);
}
