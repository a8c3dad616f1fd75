/**
 * The one loop that retries and falls back, whatever is asked of a place: an answer, a router model's word, vectors.
 * Nothing has reached the client before it resolves, so until then another attempt is harmless.
 */
import type { RetryConfig } from "../config/types.ts";
import type { Place } from "../contracts.ts";
import { asRouterError, mayCost, RouterError, type TrailEntry } from "../errors.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { sleep } from "../lib/sleep.ts";
import { backoff } from "./backoff.ts";
import { type Cooldown, ready } from "./cooldown.ts";
import { isNobodysElse, isRefusal, keyRestMs } from "./failures.ts";
import { type Beaten, type Hedging, type Running, race } from "./race.ts";

export interface AttemptsContext {
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  readonly cooldown: Cooldown;
  readonly retry: RetryConfig;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** When all attempts together have to be over, in milliseconds since the epoch. */
  readonly deadline: number;
  /**
   * How long an attempt may take, and the error if it takes longer.
   * @param left How many places have not been tried yet, this one among them.
   */
  readonly limit: (place: Place, left: number) => TimeLimit;
  /** Whether another model may take what this one refuses; it counts against no place. */
  readonly movesOn?: (failure: RouterError) => boolean;
  /** Who is asked next where a model has refused what another may take, each as long as the one before has, too. */
  readonly reserve?: ((refused: Place) => readonly Place[]) | undefined;
  /** Who else is asked where the first attempt's place is silent. */
  readonly hedging?: Hedging | undefined;
  /** Asked before an attempt behind one that failed in a place. Where it throws, that is the end. */
  readonly again?: ((failure: RouterError, failed: Place) => Promise<void>) | undefined;
  /** Told before each attempt. */
  readonly onAttempt?: ((place: Place) => void) | undefined;
}

export interface TimeLimit {
  readonly ms: number;
  readonly error: () => RouterError;
}

export interface Attempted<T> {
  readonly value: T;
  readonly place: Place;
  /** Every attempt, the last being the value's own. */
  readonly trail: readonly TrailEntry[];
}

/**
 * Tries the places in turn. Places with keys of their own belong together: what refuses or throttles one key is answered by
 * the next at once, and all of them share the retries of one place.
 * @param work One attempt; its controller aborts what it has under way, and is aborted with the client's signal.
 * @throws RouterError of the last attempt, with the trail; `no_models` without any place.
 */
export async function attempts<T>(
  places: readonly Place[],
  work: (place: Place, abort: AbortController) => Promise<T>,
  context: AttemptsContext,
): Promise<Attempted<T>> {
  const { deadline, signal, now } = context;
  const trail: TrailEntry[] = [];
  /** Models whose credentials were refused. */
  const refused = new Set<string>();
  let failure: RouterError | undefined;
  let last: Place | undefined;
  let elsewhere: Place | undefined;
  let left = places.length;
  const note = ({ target, id }: Place, outcome: TrailEntry["outcome"], started: number) =>
    trail.push({ model: target.name, place: id, outcome, ms: now() - started });
  const beaten: Beaten = ({ place, started }, wrong) => {
    note(place, wrong?.code ?? "outpaced", started);
    if (wrong && !isNobodysElse(wrong)) failed(place, [place], wrong, context.cooldown);
  };
  const groups = together(places);
  const inReserve = new Set<Group>();
  const movesOn = () => failure !== undefined && context.movesOn?.(failure) === true;
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    const { target } = group[0];
    let place: Place = group[0];
    if (inReserve.has(group) && !movesOn()) continue;
    for (let retry = 0; retry <= context.retry.attempts && !refused.has(target.name); retry++) {
      if (retry > 0 && failure && !elsewhere && !(await pause(retry, failure, context))) break;
      if (signal.aborted) throw leftBetween(signal, failure, trail);
      if (failure && last) await again(failure, last, trail, context);
      last = place;
      const started = now();
      const hedging = trail.length === 0 ? context.hedging : undefined;
      try {
        const run = (at: Place) => begin(at, left, work, context);
        const { value, winner } = await race(place, run, { hedging, beaten });
        note(winner.place, "ok", winner.started);
        succeeded(winner.place, winner.place === place ? group : [winner.place], context.cooldown);
        return { value, place: winner.place, trail };
      } catch (thrown) {
        failure = asRouterError(thrown);
        note(place, failure.code, started);
        if (movesOn()) {
          // The same in every place of this model.
          refused.add(target.name);
          if (inReserve.size === 0) {
            for (const further of together(context.reserve?.(place) ?? []).toReversed()) {
              inReserve.add(further);
              groups.unshift(further);
            }
          }
          break;
        }
        if (isNobodysElse(failure)) throw failure.after(trail, false);
        elsewhere = failed(place, group, failure, context.cooldown);
        if (now() >= deadline) throw failure.after(trail, elsewhere !== undefined);
        if (isRefusal(failure.code) && !place.ownKey) refused.add(target.name);
        if (!elsewhere && !failure.retryable) break;
        place = elsewhere ?? nextOf(place, group, context.cooldown);
      }
    }
    if (!inReserve.has(group)) left -= group.length;
  }
  if (failure) throw failure.after(trail, elsewhere !== undefined);
  throw new RouterError(
    "no_models",
    "No model can take this request: every weight in router.weights is 0. Give one of them a weight, or name a model in the request.",
  );
}

/** @throws RouterError with the trail of what was tried before. */
async function again(
  failure: RouterError,
  last: Place,
  trail: readonly TrailEntry[],
  context: AttemptsContext,
): Promise<void> {
  try {
    await context.again?.(failure, last);
  } catch (thrown) {
    throw asRouterError(thrown).after(trail, false);
  }
}

/** Places of one target that differ in nothing but their key, first to last; every other place by itself. */
type Group = readonly [Place, ...Place[]];

function together(places: readonly Place[]): Group[] {
  const groups: [Place, ...Place[]][] = [];
  for (const place of places) {
    const last = groups.at(-1);
    if (last && place.ownKey && last[0].target === place.target) last.push(place);
    else groups.push([place]);
  }
  return groups;
}

/** One attempt within its time. */
function begin<T>(
  place: Place,
  left: number,
  work: (place: Place, abort: AbortController) => Promise<T>,
  { signal, limit, now, onAttempt }: AttemptsContext,
): Running<T> {
  onAttempt?.(place);
  const { ms, error } = limit(place, left);
  const abort = linkedAbort(signal);
  const timer = setTimeout(() => abort.abort(error()), ms);
  const failed = (thrown: unknown): never => {
    throw signal.aborted ? clientGone(signal) : thrown;
  };
  const done = work(place, abort)
    .catch(failed)
    .finally(() => clearTimeout(timer));
  return { place, started: now(), done, abort };
}

/** What the group shares is well again; keys that cool down go on doing so. */
function succeeded(place: Place, group: Group, cooldown: Cooldown): void {
  for (const mate of group) if (mate === place || cooldown.until(mate) === 0) cooldown.succeeded(mate);
}

/**
 * Notes a failure, but for a mistake in the configuration, which is none of the place's; gives the place that may be tried at
 * once, because only this one's key is at fault.
 */
function failed(place: Place, group: Group, failure: RouterError, cooldown: Cooldown): Place | undefined {
  if (failure.code === "config_invalid") return undefined;
  const restMs = group.length > 1 ? keyRestMs(failure) : undefined;
  if (restMs === undefined) {
    const throttled = failure.code === "rate_limit_exceeded";
    for (const mate of group) cooldown.failed(mate, (failure.retryAfter ?? 0) * 1000, throttled);
    return undefined;
  }
  cooldown.rest(place, restMs);
  return behind(place, group).find((mate) => mate !== place && cooldown.until(mate) === 0);
}

/** The next of the group that is ready, else the one that is ready first. */
function nextOf(place: Place, group: Group, cooldown: Cooldown): Place {
  return ready(behind(place, group), cooldown)[0] ?? place;
}

/** The group from the one behind this place on, this place last. */
function behind(place: Place, group: Group): Place[] {
  const at = group.indexOf(place) + 1;
  return [...group.slice(at), ...group.slice(0, at)];
}

/**
 * Waits before another attempt; false when the upstream wants to be left alone for longer, or the deadline would be over by
 * then: such an attempt would only put a timeout in the place of the failure at hand.
 */
async function pause(
  tries: number,
  failure: RouterError,
  { retry, random, now, signal, deadline }: AttemptsContext,
): Promise<boolean> {
  const pauseMs = backoff(tries, retry, failure, random);
  if (pauseMs === undefined || now() + pauseMs >= deadline) return false;
  await sleep(pauseMs, signal);
  return true;
}

/** No attempt is under way: the trail tells of the last one only where that may have cost something. */
function leftBetween(
  signal: AbortSignal,
  failure: RouterError | undefined,
  trail: readonly TrailEntry[],
): RouterError {
  const gone = clientGone(signal);
  return mayCost(failure) ? gone.after(trail, false) : gone;
}

function clientGone({ reason }: AbortSignal): RouterError {
  if (reason instanceof RouterError) return reason;
  return new RouterError("client_closed_request", "The client left before the answer.");
}
