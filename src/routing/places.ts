/** Where a planned request goes, one place after the other; those that cool down are passed over. */
import type { Coordinates, Place } from "../contracts.ts";
import type { ReadBinding } from "../env.ts";
import type { Target } from "../target.ts";
import { providerOf } from "../providers/index.ts";
import type { Config } from "../config/types.ts";
import { type Cooldown, ready } from "./cooldown.ts";
import { timesAt } from "./health/index.ts";
import type { Plan } from "./plan.ts";

/** A target's places, in the order in which they are to be tried. */
export function placesOf(target: Target, binding: ReadBinding, client?: Coordinates): readonly Place[] {
  return providerOf(target).places(target, binding, client);
}

/**
 * The places of the strategy's first choice that has one ready, then those of the fallbacks; between them, in reserve, those
 * of its further choices. When all of them cool down, the one that is ready first.
 */
export function plannedPlaces(
  { choice, fallbacks, auto, session }: Plan,
  cooldown: Cooldown,
  context: {
    readonly config: Config;
    readonly binding: ReadBinding;
    readonly near?: Coordinates | undefined;
    readonly now: () => number;
  },
): { readonly places: Place[]; readonly reserve: ReadonlySet<Target> } {
  const ownPlaces = (target: Target) => {
    const written = placesOf(target, context.binding, context.near);
    const ordered = written[0]?.byDistance === false ? quickestFirst(written, context) : written;
    return session ? session.places(ordered) : ordered;
  };
  const isReady = (target: Target) => ownPlaces(target).some((place) => cooldown.until(place) === 0);
  const first = choice.targets.find(isReady) ?? choice.targets[0];
  const planned = new Set([...(first ? [first] : []), ...fallbacks]);
  const reserve = new Set(auto ? choice.targets.filter((target) => !planned.has(target)) : []);
  const places = (targets: Iterable<Target>) => [...targets].flatMap(ownPlaces);
  const wanted = ready(places(planned), cooldown);
  const further = places(reserve).filter((place) => cooldown.until(place) === 0);
  const at = wanted.findLastIndex(({ target }) => target === first) + 1;
  return { places: [...wanted.slice(0, at), ...further, ...wanted.slice(at)], reserve };
}

/** As measured; what is not comes last, in the order written. */
function quickestFirst(
  places: readonly Place[],
  { config, now }: { readonly config: Config; readonly now: () => number },
): Place[] {
  const time = (place: Place) => timesAt(place, config, now())?.p50 ?? Number.MAX_SAFE_INTEGER;
  return places.toSorted((a, b) => time(a) - time(b));
}
