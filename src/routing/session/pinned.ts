/** A session among the models that could serve it. */
import type { ChatRequest } from "../../chat/request.ts";
import type { Config } from "../../config/types.ts";
import type { Place } from "../../contracts.ts";
import type { ReadBinding } from "../../env.ts";
import { providerOf } from "../../providers/index.ts";
import type { Target } from "../../target.ts";
import { strategyNamed } from "../strategies/index.ts";
import type { Choice } from "../strategies/strategy.ts";
import { weightedOrder } from "../weights.ts";
import { openSession, type Session, type SessionContext } from "./index.ts";

export interface Pinned extends Pick<Session, "seed" | "seat" | "places"> {
  /** Told where it was served now. */
  served(place: Place): void;
}

interface PinnedContext extends Omit<SessionContext, "client"> {
  readonly client?: string;
  readonly binding?: ReadBinding | undefined;
}

/**
 * The session of a request; undefined unless `router.sticky` is `session`.
 * @param could The model that the request names, else all that could be chosen.
 */
export async function pinned(
  request: ChatRequest,
  could: { readonly named?: Target; readonly among?: readonly Target[] },
  context: PinnedContext,
): Promise<Pinned | undefined> {
  const { config, client, binding } = context;
  if (config.router.sticky !== "session" || client === undefined) return undefined;
  const { named, among = [] } = could;
  const placesOf = (target: Target) => (binding ? providerOf(target).places(target, binding) : []);
  const targets = named ? [named] : among;
  const movable = targets.length > 1 || targets.some((target) => placesOf(target).length !== 1);
  const session = await openSession(request, { named, movable }, { ...context, client });
  const { seed, seat, places } = session;
  return {
    ...{ seed, seat, places },
    served(place) {
      const home = named ?? homeOf(config, among, seed);
      session.served(place, home && session.home(placesOf(home)));
    },
  };
}

/** Whatever a single request needs: undefined where the strategy looks at more than the session. */
function homeOf({ router }: Config, among: readonly Target[], seed: number): Target | undefined {
  if (!strategyNamed(router.strategy).bySeed) return undefined;
  return weightedOrder(among, router.weights, seed)[0];
}

/** The session's own model, the others behind it; undefined where it has none yet, or one that cannot take the request. */
export function seatedChoice(
  { seat, seed }: Pick<Session, "seat" | "seed">,
  {
    able,
    further,
    weights,
  }: {
    readonly able: readonly Target[];
    readonly further: readonly Target[];
    readonly weights: Config["router"]["weights"];
  },
): Choice | undefined {
  const order = weightedOrder(able, weights, seed);
  const own = [...order, ...further].find(({ name }) => name === seat?.target);
  if (own === undefined) return undefined;
  return {
    targets: [own, ...order.filter((target) => target !== own)],
    note: "sticky",
    reason: "The session stays with the model that answered it last.",
  };
}
