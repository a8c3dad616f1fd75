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

/** Where a request goes. */
export interface PlannedPlaces {
  /**
   * The places of the strategy's first choice that has one ready, then those of the fallbacks. When all of them cool down, the
   * one that is ready first.
   */
  readonly places: readonly Place[];
  /** How many of them are the first choice's. */
  readonly ofFirst: number;
  /**
   * The places of the strategy's further choices that are ready, for what its first one refuses. Made when first asked for, since
   * there may be hundreds: for 200 models that was a sixth of a request.
   */
  readonly reserve: () => readonly Place[];
}

/** Where a planned request goes at this moment. */
export function plannedPlaces(
  { choice, fallbacks, auto, session }: Plan,
  cooldown: Cooldown,
  context: {
    readonly config: Config;
    readonly binding: ReadBinding;
    readonly near?: Coordinates | undefined;
    readonly now: () => number;
  },
): PlannedPlaces {
  const ownPlaces = (target: Target) => {
    const written = placesOf(target, context.binding, context.near);
    const ordered = written[0]?.byDistance === false ? quickestFirst(written, context) : written;
    return session ? session.places(ordered) : ordered;
  };
  const isReady = (target: Target) => ownPlaces(target).some((place) => cooldown.until(place) === 0);
  const first = choice.targets.find(isReady) ?? choice.targets[0];
  const planned = new Set([...(first ? [first] : []), ...fallbacks]);
  const places = ready([...planned].flatMap(ownPlaces), cooldown);
  const further = (target: Target) =>
    planned.has(target) ? [] : ownPlaces(target).filter((place) => cooldown.until(place) === 0);
  let made: readonly Place[] | undefined;
  return {
    places,
    ofFirst: places.findLastIndex(({ target }) => target === first) + 1,
    reserve: () => (made ??= auto ? choice.targets.flatMap(further) : []),
  };
}

/** As measured; what is not comes last, in the order written. */
function quickestFirst(
  places: readonly Place[],
  { config, now }: { readonly config: Config; readonly now: () => number },
): Place[] {
  const time = (place: Place) => timesAt(place, config, now())?.p50 ?? Number.MAX_SAFE_INTEGER;
  return places.toSorted((a, b) => time(a) - time(b));
}
