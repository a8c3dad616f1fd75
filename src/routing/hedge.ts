/** `router.hedge`: when a second place is asked, and when not. */
import type { ChatRequest } from "../chat/request.ts";
import { estimateTokens } from "../chat/tokens.ts";
import type { Config } from "../config/types.ts";
import type { Place } from "../contracts.ts";
import type { Account, Beside } from "./account.ts";
import { type Ceiling, promptCost } from "./ceiling.ts";
import type { Cooldown } from "./cooldown.ts";
import { isThrottled, timesAt } from "./health/index.ts";
import { LEAST_FOR_P95 } from "./health/times.ts";
import type { Hedging } from "./race.ts";

/** Silence is never waited for longer than so many medians: what was slow for a minute does not make it usual. */
const MOST_MEDIANS = 3;
/** Second calls saved up in quiet times. */
const MOST_SAVED = 10;
/** With fewer left they are kept for longer silences. */
const SPARING = 3;
const SPARING_FACTOR = 1.5;

/** How many second calls an isolate may still make, by configuration. */
const saved = new WeakMap<Config, { left: number }>();

export interface HedgeContext {
  readonly config: Config;
  readonly cooldown: Cooldown;
  readonly account?: Account | undefined;
  readonly beside?: Beside | undefined;
  /** What was reserved for the request. */
  readonly ceiling: Ceiling | undefined;
  /** The session has a warm cache at its place. */
  readonly warm: boolean;
  /** Only explain: nothing is counted. */
  readonly peek?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * @param others Where the request may go, in order.
 * @returns undefined where the request is none that is asked for twice.
 */
export function hedgingOf(
  request: ChatRequest,
  others: readonly Place[],
  { config, cooldown, account, beside, ceiling, warm, now, peek = false }: HedgeContext,
): Hedging | undefined {
  const { hedge } = config.router;
  if (hedge === undefined || !request.stream || request.n > 1 || warm) return undefined;
  const promptTokens = estimateTokens(request);
  if (promptTokens > hedge.maxInputTokens) return undefined;
  const calls = saved.get(config) ?? { left: 0 };
  saved.set(config, calls);
  if (!peek) calls.left = Math.min(MOST_SAVED, calls.left + hedge.share);
  const isBusy = (place: Place) => isThrottled(place, config, now());
  return {
    second(first) {
      const mayAnswer = (place: Place) =>
        place !== first && !(place.ownKey && place.target === first.target) && cooldown.until(place) === 0;
      const place = others.find(mayAnswer);
      const times = timesAt(first, config, now());
      const p95 = times && times.count >= LEAST_FOR_P95 ? times.p95 : undefined;
      const after = hedge.after === "p95" ? p95 : hedge.after;
      if (place === undefined || after === undefined || isBusy(first) || isBusy(place)) return undefined;
      const wanted = calls.left < SPARING ? after * SPARING_FACTOR : after;
      return { place, afterMs: times ? Math.min(wanted, MOST_MEDIANS * times.p50) : wanted };
    },
    async begin() {
      if (calls.left < 1) return false;
      calls.left -= 1;
      try {
        if (ceiling) await account?.reserve(ceiling);
        return true;
      } catch {
        // What the limits do not allow twice they have allowed once.
        return false;
      }
    },
    lost({ target }) {
      beside?.(promptCost(request, target));
    },
  };
}
