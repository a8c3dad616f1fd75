/** Where a planned request would go now, for whoever asks why. */
import type { JsonObject, ChatRequest } from "../chat/request.ts";
import type { Config } from "../config/types.ts";
import type { Coordinates, Place } from "../contracts.ts";
import type { ReadBinding } from "../env.ts";
import { cooldownOf } from "./cooldown.ts";
import { hedgingOf } from "./hedge.ts";
import { placesOf, plannedPlaces } from "./places.ts";
import type { Plan } from "./plan.ts";

interface ExplainContext {
  readonly config: Config;
  readonly binding: ReadBinding;
  readonly client: string;
  readonly near?: Coordinates | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Only what there is to tell: places where models have several, the session's, what cools down, who is asked beside the first. */
export function explained(planned: Plan, request: ChatRequest, context: ExplainContext): JsonObject {
  const { config, binding, client, near, now } = context;
  const cooldown = cooldownOf(config, client);
  const { places: others, ofFirst, reserve } = plannedPlaces(planned, cooldown, context);
  const places = others.toSpliced(ofFirst, 0, ...reserve());
  const all = new Set([...planned.choice.targets, ...planned.fallbacks]);
  const resting = [...all]
    .flatMap((target) => placesOf(target, binding, near))
    .flatMap((place) => {
      const until = cooldown.until(place);
      return until === 0 ? [] : [{ ...shown(place), ms: until - now() }];
    });
  const [first] = places;
  const seat = planned.session?.seat;
  const asked = { config, cooldown, ceiling: undefined, warm: seat !== undefined, now, peek: true };
  const second = first && hedgingOf(request, others, asked)?.second(first);
  return {
    ...(places.some(({ id }) => id !== "") && { places: places.map(shown) }),
    ...(first?.byDistance && { nearest: first.id }),
    ...(seat && { session: { model: seat.target, place: seat.place } }),
    ...(resting.length > 0 && { cooling_down: resting }),
    ...(second && { hedge: { ...shown(second.place), after_ms: Math.round(second.afterMs) } }),
  };
}

function shown({ target, id }: Place): { readonly model: string; readonly place: string } {
  return { model: target.name, place: id };
}
