import type { Place } from "../contracts.ts";
import { asRouterError, mayCost, type RouterError } from "../errors.ts";
import type { Target } from "../target.ts";
import type { Account, Beside } from "./account.ts";
import type { Ceiling } from "./ceiling.ts";

export interface Payer {
  /** Counts for a key with limits. */
  readonly account?: Account | undefined;
  readonly beside?: Beside | undefined;
  /** What was reserved for one attempt. */
  readonly most?: Ceiling | undefined;
  /** What an attempt may have cost of which nothing has come. */
  readonly lost: (target: Target) => Ceiling;
}

/**
 * What a failed attempt may have cost is booked before another follows, for which as much is reserved again.
 * What the last one may have cost is told with its error.
 */
export function paidAgain({ account, beside, most, lost }: Payer) {
  let owed = false;
  const book: Beside = (used) => {
    owed = true;
    beside?.(used);
  };
  return {
    /** Books what an attempt has cost beside its own failure. */
    beside: book,
    /** Books what the last attempt may have cost, where nobody tells it with its error. */
    failed(thrown: unknown, target: Target): void {
      if (mayCost(thrown) && asRouterError(thrown).trail.length > 0) book(lost(target));
    },
    /** @throws RouterError of the limits. */
    async again(failure: RouterError, { target }: Place): Promise<void> {
      if (mayCost(failure)) book(lost(target));
      if (!owed) return;
      owed = false;
      if (most) await account?.reserve(most);
    },
  };
}
