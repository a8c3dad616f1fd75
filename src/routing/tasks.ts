/** Requests that are no conversations go to the model that they name, and to no other: what two models make does not mix. */
import type { CallContext, Prepared } from "../contracts.ts";
import type { Usage } from "../chat/delta.ts";
import type { Target } from "../target.ts";
import { RouterError } from "../errors.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { attemptLimit } from "./attempt.ts";
import { type Attempted, attempts } from "./attempts.ts";
import type { Ceiling } from "./ceiling.ts";
import { cooldownOf, ready } from "./cooldown.ts";
import type { DispatchContext } from "./dispatch.ts";
import { paidAgain } from "./paid-again.ts";
import { placesOf } from "./places.ts";

/** What a request has cost that has failed all the same. */
export interface Spent {
  readonly target: Target;
  readonly usage: Usage;
  readonly estimated: boolean;
}

/** What is used of a dispatch's. */
export interface TaskContext extends TaskServices {
  /** Called before what failed is thrown, where it has cost something. */
  spent?(what: Spent): void;
}

type TaskServices = Pick<
  DispatchContext,
  | "config"
  | "binding"
  | "signal"
  | "random"
  | "now"
  | "hold"
  | "client"
  | "background"
  | "allowance"
  | "account"
  | "beside"
  | "ai"
>;

/** What one attempt at a call may cost: by its length, and at most. */
export interface CallCosts {
  readonly lost: Ceiling;
  readonly most: Ceiling;
}

/** Makes a request's calls, each with the attempts that it needs, at the places of one model. */
export interface Caller {
  make<T>(call: Prepared<T>["call"], costs: CallCosts): Promise<Attempted<T>>;
  /** Ends what is under way. */
  end(): void;
}

export function callerOf(target: Target, context: TaskContext): Caller {
  const { config, binding, ai, random, now, hold, client, background, account, beside } = context;
  const cooldown = cooldownOf(config, client);
  const deadline = now() + config.router.deadlineMs;
  const all = linkedAbort(context.signal);
  return {
    make: (call, { lost, most }) =>
      attempts(
        ready(placesOf(target, binding), cooldown),
        (place, abort) => call(place, callContext(abort)),
        {
          ...{ signal: all.signal, cooldown, random, now, deadline, retry: config.router.retry },
          limit: () => attemptLimit(target, { stream: false }, config, deadline - now()),
          again: paidAgain({ account, beside, most, lost: () => lost }).again,
        },
      ),
    end: () =>
      all.abort(new RouterError("client_closed_request", "Another call for the same request has failed.")),
  };
  function callContext(abort: AbortController): CallContext {
    return { abort, binding, ai, hold, client, background, idleTimeoutMs: config.router.idleTimeoutMs };
  }
}
