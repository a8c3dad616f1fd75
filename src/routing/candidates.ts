/** Which targets, in which regions, a planned request tries one after the other; those that keep failing rest. */
import type { Config } from "../config/types.ts";
import type { Target } from "../contracts.ts";
import type { Plan } from "./plan.ts";
import { type RestHouse, rested, restHouse } from "./cooldown.ts";

/** Per configuration, so that what was learnt of a target goes when its configuration goes. */
const houses = new WeakMap<Config, RestHouse>();

/** The targets that rest in this isolate. */
export function restHouseOf(config: Config): RestHouse {
  const known = houses.get(config) ?? restHouse(Date.now);
  houses.set(config, known);
  return known;
}

/** Under which key a candidate's failures are known: another region may well answer. */
export function candidateKey(target: Target): string {
  return target.kind === "bedrock" ? `${target.name} ${target.regions[0] ?? ""}` : target.name;
}

/**
 * The strategy's first choice that does not rest, each of its regions, then the fallbacks and theirs. When all of them
 * rest, the one that has rested longest: an attempt is better than none.
 */
export function candidates(plan: Plan, house: RestHouse): Target[] {
  const resting = (target: Target) =>
    regionsOf(target).every((candidate) => house.isResting(candidateKey(candidate)));
  const choice = plan.choice.targets.find((target) => !resting(target)) ?? plan.choice.targets[0];
  const planned = new Set([...(choice ? [choice] : []), ...plan.targets.slice(1)]);
  return rested([...planned].flatMap(regionsOf), house, candidateKey);
}

/** The target once for each region of its list. */
export function regionsOf(target: Target): Target[] {
  if (target.kind !== "bedrock" || target.regions.length < 2) return [target];
  return target.regions.map((region) => ({ ...target, regions: [region] }));
}
