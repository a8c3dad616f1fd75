/** Who counts for a key with limits, types only: the objects do. */
import type { LedgerLine } from "../chat/ledger-line.ts";
import type { RateLimits } from "../chat/rate-limits.ts";
import type { Ceiling } from "./ceiling.ts";

/** Takes what was spent on the way to the answer, beside it: what the observers are told comes on top. */
export type Beside = (used: Ceiling) => void;

/** Of one exchange. */
export interface Account {
  /**
   * Takes leave for what an exchange may cost at most, before anybody is asked; again for what comes on top of that.
   * @throws RouterError `insufficient_quota`, `rate_limit_exceeded`, `limits_unavailable`
   */
  reserve(most: Ceiling): Promise<void>;
  readonly spent: Beside;
  /** The signal, aborted also when the exchange has to be over: until then it may cost what was reserved. */
  limited(signal: AbortSignal): AbortSignal;
  /** In place of what was reserved: what was spent beside the answer, and what that has cost. Call once. */
  settle(used?: Ceiling, line?: LedgerLine): void;
  /** What is left, once something was reserved. */
  readonly rates: RateLimits | undefined;
}
