/** Where a planned request goes, one place after the other; those that cool down are passed over. */
import type { Place, ReadBinding, Target } from "../contracts.ts";
import { providerOf } from "../providers/index.ts";
import { type Cooldown, ready } from "./cooldown.ts";
import type { Plan } from "./plan.ts";

/** A target's places, in the order in which they are to be tried. */
export function placesOf(target: Target, binding: ReadBinding): readonly Place[] {
  return providerOf(target).places(target, binding);
}

/**
 * The places of the strategy's first choice that has one ready, then those of the fallbacks. When all of them cool down,
 * the one that is ready first.
 */
export function plannedPlaces(plan: Plan, cooldown: Cooldown, binding: ReadBinding): Place[] {
  const { targets: choices } = plan.choice;
  const isReady = (target: Target) => placesOf(target, binding).some((place) => cooldown.until(place) === 0);
  const choice = choices.find(isReady) ?? choices[0];
  const planned = new Set([...(choice ? [choice] : []), ...plan.targets.slice(1)]);
  return ready(
    [...planned].flatMap((target) => placesOf(target, binding)),
    cooldown,
  );
}
