/** Who is told of every exchange, whichever door it came by. A new observer is a file and a line here. */
import type { Observer, Outcome } from "./observer.ts";
import type { Route } from "../contracts.ts";
import type { Target } from "../target.ts";
import { costOf } from "../chat/cost.ts";
import type { LedgerLine } from "../chat/ledger-line.ts";
import type { Usage } from "../chat/delta.ts";
import type { ChatRequest } from "../chat/request.ts";
import { estimatedUsage } from "../chat/tokens.ts";
import { mayCost, type RouterError } from "../errors.ts";
import { factsOf } from "../routing/facts.ts";
import { ledgerLine } from "./ledger-line.ts";
import { log } from "./log.ts";

export const OBSERVERS: readonly Observer[] = [log];

/** What is known of an exchange from the start. */
export type Begin = Pick<
  Outcome,
  "requestId" | "client" | "dialect" | "door" | "model" | "stream" | "session" | "trace"
>;

/** How an exchange ended. */
export interface End {
  readonly status: number;
  readonly usage?: Usage | undefined;
  /** The upstream has not told the usage; it was counted by length. */
  readonly estimated?: boolean;
  readonly error?: RouterError | undefined;
  /** Who was asked, where nobody has answered and it may cost something all the same. */
  readonly target?: Target;
}

/** Tells the observers of one exchange. */
export interface Observed {
  /** The first delta is there, or the whole answer. */
  begun(route: Route): void;
  /** Call once. */
  ended(end: End): void;
}

/**
 * What a request has cost whose answer nobody has waited for, or that came too late: the model has read it.
 * @param error Tells the attempts.
 */
export function unanswered(
  error: RouterError,
  request: ChatRequest,
  targets: readonly Target[],
): Partial<End> {
  const last = error.trail.at(-1);
  const target = mayCost(error) ? targets.find(({ name }) => name === last?.model) : undefined;
  if (target === undefined) return {};
  return { target, usage: estimatedUsage(request, 0), estimated: true };
}

/** Who keeps the key's counts and its ledger: learns what an exchange has cost, as the observers do. */
export interface Settling {
  /** In micro-dollars; tokens of prompt and answer. */
  settle(used: { readonly cost: number; readonly tokens: number }, line: LedgerLine): void;
}

/**
 * @param now Milliseconds since the epoch.
 * @param settling Asked at the end.
 */
export function observe(
  observers: readonly Observer[],
  begin: Begin,
  now: () => number,
  settling: () => Settling | undefined = () => undefined,
): Observed {
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
    ended({ status, usage, error, target = route?.target, estimated = false }) {
      const prices = target && usage && factsOf(target).prices;
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
      const tokens = (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0);
      settling()?.settle({ cost: cost ?? 0, tokens }, ledgerLine(outcome));
    },
  };
}
