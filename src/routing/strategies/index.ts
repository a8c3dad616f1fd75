/** The strategies by the name that `router.strategy` gives. */
import type { Strategy } from "../../contracts.ts";
import { random } from "./random.ts";

export const STRATEGIES: readonly Strategy[] = [random];

/** The configured strategy; one that is not there yet falls back to `random`, as the configuration's warnings say. */
export function strategyNamed(name: string): Strategy {
  return STRATEGIES.find((strategy) => strategy.name === name) ?? random;
}
