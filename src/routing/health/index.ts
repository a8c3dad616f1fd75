/**
 * How quick and how well places are. An isolate tells a store that all share, in batches, beside its requests, and goes by what
 * it is told back; without an answer it goes by its own.
 */
import type { ChatRequest } from "../../chat/request.ts";
import { estimateTokens } from "../../chat/tokens.ts";
import type { Config } from "../../config/types.ts";
import type { Place } from "../../contracts.ts";
import { asRouterError, type RouterError } from "../../errors.ts";
import { cooldownOf } from "../cooldown.ts";
import { Outpaced } from "../race.ts";
import type { Failed, HealthStore, Report, Summary, Timed, Times } from "./report.ts";
import { timesOf } from "./times.ts";

/** A place is told of at most so often. */
const TELL_MS = 2_000;
const MOST_PENDING = 100;
/** Its own, of each place. */
const MOST_OWN = 100;
const THROTTLED_MS = 30_000;
/** What all know counts for so long. */
const FRESH_MS = 600_000;
const MOST_PLACES = 1_000;
/** How long a prompt takes to be read says little of a place. */
const MOST_PROMPT_TOKENS = 8_000;

export interface HealthContext {
  readonly config: Config;
  readonly client?: string | undefined;
  /** Undefined where wrangler.toml does not bind it. */
  readonly health?: HealthStore | undefined;
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What one attempt has shown: an answer, with its time where that can be compared, or a failure. */
export type Shown =
  /** `silent`: an answer had come from elsewhere by then, so it would have taken longer. */
  { readonly ms: number | undefined; readonly silent?: boolean } | { readonly failure: RouterError };

interface Known {
  times: Timed[];
  failures: Failed[];
  answered: Set<string>;
  toldAt: number;
  /** When it was heard last that it has too much to do. */
  throttledAt: number;
  /** Newest last. */
  own: Timed[];
  shared?: Summary & { readonly at: number };
}

const memories = new WeakMap<Config, Map<string, Known>>();
let isolate: string | undefined;

/** Whether anything here goes by it. */
export function usesHealth({ router }: Pick<Config, "router">): boolean {
  return router.strategy === "fastest" || router.hedge !== undefined;
}

/** Notes what a place has shown; tells the others, where it was not told of just now. */
export function noteHealth(place: Place, shown: Shown, context: HealthContext): void {
  const { config, client = "", health, background, now } = context;
  const name = nameOf(place);
  const known = knownOf(config, name);
  if ("failure" in shown) {
    const { retryable, status, code, retryAfter = 0 } = shown.failure;
    const throttled = code === "rate_limit_exceeded";
    if (!throttled && !(retryable && status >= 500)) return;
    if (throttled) known.throttledAt = now();
    known.failures.push({ client, ...(throttled && { throttledMs: retryAfter * 1000 }) });
  } else {
    if (!shown.silent) known.answered.add(client);
    if (shown.ms !== undefined) {
      const timed = { client, ms: shown.ms };
      known.own = [...known.own, timed].slice(-MOST_OWN);
      known.times.push(timed);
    }
  }
  known.times = known.times.slice(-MOST_PENDING);
  known.failures = known.failures.slice(-MOST_PENDING);
  if (!health || !background || now() - known.toldAt < TELL_MS) return;
  known.toldAt = now();
  isolate ??= crypto.randomUUID();
  const { times, failures } = known;
  const report: Report = { isolate, times, failures, answered: [...known.answered].slice(-MOST_PENDING) };
  Object.assign(known, { times: [], failures: [], answered: new Set<string>() });
  const told = health.tell(name, report).then((summary) => {
    known.shared = { ...summary, at: now() };
    if (summary.throttled) known.throttledAt = now();
    const cooldown = cooldownOf(config);
    if (summary.restMs > 0 && cooldown.until(place) === 0) cooldown.rest(place, summary.restMs);
  });
  background(told.catch(() => {}));
}

/** How long a place takes to the first delta; undefined where nobody knows. */
export function timesAt(place: Place, config: Config, now: number): Times | undefined {
  const known = memories.get(config)?.get(nameOf(place));
  const shared = known?.shared;
  if (shared?.times && now - shared.at < FRESH_MS) return shared.times;
  return known && timesOf(known.own);
}

/** Whether a place has said within the last half minute that it has too much to do. */
export function isThrottled(place: Place, config: Config, now: number): boolean {
  const at = memories.get(config)?.get(nameOf(place))?.throttledAt ?? 0;
  return now - at < THROTTLED_MS;
}

type Work<T> = (place: Place, abort: AbortController) => Promise<T>;

/** Notes how each attempt goes. */
export function watched<T>(
  work: Work<T>,
  request: ChatRequest,
  context: HealthContext & { readonly signal: AbortSignal },
): Work<T> {
  const { now, signal } = context;
  // The time to a whole answer is that of its length, and one to a long prompt's first words that of the prompt.
  const comparable = request.stream && estimateTokens(request) < MOST_PROMPT_TOKENS;
  return async (place, abort) => {
    const began = now();
    const ms = () => (comparable ? now() - began : undefined);
    try {
      const brought = await work(place, abort);
      noteHealth(place, { ms: ms() }, context);
      return brought;
    } catch (thrown) {
      const silent = abort.signal.reason instanceof Outpaced;
      if (silent) noteHealth(place, { ms: ms(), silent }, context);
      else if (!signal.aborted) noteHealth(place, { failure: asRouterError(thrown) }, context);
      throw thrown;
    }
  };
}

/** Another deployment's model of the same name is another. */
function nameOf({ target, id }: Place): string {
  return JSON.stringify([target.name, target.model, id]);
}

function knownOf(config: Config, name: string): Known {
  const places = memories.get(config) ?? new Map<string, Known>();
  memories.set(config, places);
  const found = places.get(name);
  if (found) return found;
  if (places.size >= MOST_PLACES) places.clear();
  const fresh: Known = { times: [], failures: [], answered: new Set(), toldAt: 0, throttledAt: 0, own: [] };
  places.set(name, fresh);
  return fresh;
}
