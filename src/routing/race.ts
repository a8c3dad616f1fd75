/** An attempt whose place is silent for too long is made at another place beside it: the first answer counts, the other is let go. */
import type { Place } from "../contracts.ts";
import { asRouterError, mayCost, RouterError } from "../errors.ts";
import { within } from "../lib/within.ts";

export interface Hedging {
  /** Who else is asked, after how long a silence; undefined: nobody. */
  second(first: Place): { readonly place: Place; readonly afterMs: number } | undefined;
  /** Takes leave for that. */
  begin(): Promise<boolean>;
  /** A place was asked for nothing, and may have done its work all the same. */
  lost(place: Place): void;
}

/** Why the slower of two attempts was aborted. */
export class Outpaced extends RouterError {
  constructor() {
    super("client_closed_request", "Another place has answered first.");
  }
}

export interface Running<T> {
  readonly place: Place;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly done: Promise<T>;
  readonly abort: AbortController;
}

/** What came of the attempt that was not needed: nothing yet, or a failure. */
export type Beaten = (attempt: Running<unknown>, failure: RouterError | undefined) => void;

/**
 * @param run Begins an attempt at a place.
 * @param beaten Told of the other attempt, before this resolves or rejects.
 * @throws What the first place's attempt threw, when both fail: what that may have cost is left to the caller.
 */
export async function race<T>(
  first: Place,
  run: (place: Place) => Running<T>,
  { hedging, beaten }: { readonly hedging: Hedging | undefined; readonly beaten: Beaten },
): Promise<{ readonly value: T; readonly winner: Running<T> }> {
  const one = run(first);
  const alone = async () => ({ value: await one.done, winner: one });
  const second = hedging?.second(first);
  if (!hedging || !second || !(await isSilent(one.done, second.afterMs))) return alone();
  let ended = false;
  const end = () => {
    ended = true;
  };
  one.done.then(end, end);
  if (!(await hedging.begin()) || ended) return alone();
  const two = run(second.place);
  const failures = new Map<Running<T>, RouterError>();
  const answer = async (attempt: Running<T>) => {
    try {
      return { value: await attempt.done, winner: attempt };
    } catch (thrown) {
      failures.set(attempt, asRouterError(thrown));
      throw thrown;
    }
  };
  const lose = (attempt: Running<T>) => {
    const failure = failures.get(attempt);
    if (!failure) attempt.abort.abort(new Outpaced());
    if (!failure || mayCost(failure)) hedging.lost(attempt.place);
    beaten(attempt, failure);
  };
  try {
    const won = await Promise.any([answer(one), answer(two)]);
    lose(won.winner === one ? two : one);
    return won;
  } catch {
    lose(two);
    return alone();
  }
}

/** Whether a promise is still open after a while. */
async function isSilent(done: Promise<unknown>, ms: number): Promise<boolean> {
  const heard = () => true;
  return (await within(ms, done.then(heard, heard))) === undefined;
}
