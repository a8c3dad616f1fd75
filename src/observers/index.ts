/** Who is told of every exchange, whichever door it came by. A new observer is a file and a line here. */
import type { Observer, Outcome } from "./observer.ts";
import type { Route } from "../contracts.ts";
import { costOf } from "../chat/cost.ts";
import type { Usage } from "../chat/delta.ts";
import type { RouterError } from "../errors.ts";
import { factsOf } from "../routing/facts.ts";
import { log } from "./log.ts";

export const OBSERVERS: readonly Observer[] = [log];

/** What is known of an exchange from the start. */
export type Begin = Pick<Outcome, "requestId" | "client" | "dialect" | "door" | "model" | "stream">;

/** How an exchange ended. */
export interface End {
  readonly status: number;
  readonly usage?: Usage | undefined;
  /** The upstream has not told the usage; it was counted by length. */
  readonly estimated?: boolean;
  readonly error?: RouterError | undefined;
}

/** Tells the observers of one exchange. */
export interface Observed {
  /** The first delta is there, or the whole answer. */
  begun(route: Route): void;
  /** Call once. */
  ended(end: End): void;
}

/** @param now Milliseconds since the epoch. */
export function observe(observers: readonly Observer[], begin: Begin, now: () => number): Observed {
  const startedAt = now();
  let route: Route | undefined;
  let firstDeltaAt: number | undefined;
  const tell = (how: (observer: Observer) => void) => {
    for (const observer of observers) {
      try {
        how(observer);
      } catch (thrown) {
        // Whoever is told may not spoil the answer.
        console.error(JSON.stringify({ request_id: begin.requestId, message: String(thrown) }));
      }
    }
  };
  return {
    begun(made) {
      route = made;
      firstDeltaAt = now();
      tell((observer) => observer.begun?.({ requestId: begin.requestId, target: made.target }));
    },
    ended({ status, usage, error, estimated = false }) {
      const prices = route && usage && factsOf(route.target).prices;
      const cost = usage && prices && costOf(usage, prices);
      const outcome: Outcome = {
        ...begin,
        ...{ startedAt, endedAt: now(), status, estimated },
        trail: route?.trail ?? error?.trail ?? [],
        ...(route && { route }),
        ...(firstDeltaAt !== undefined && { firstDeltaAt }),
        ...(usage && { usage }),
        ...(error && { error }),
        ...(cost !== undefined && { cost }),
      };
      tell((observer) => observer.ended(outcome));
    },
  };
}
