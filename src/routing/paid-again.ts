import type { ChatRequest } from "../chat/request.ts";
import type { Place } from "../contracts.ts";
import { mayCost, type RouterError } from "../errors.ts";
import type { Account } from "./account.ts";
import { type Ceiling, promptCost } from "./ceiling.ts";

/**
 * What a failed attempt may have cost is booked before another follows, for which as much is reserved again.
 * What the last one may have cost is told with its error.
 * @param most What was reserved for one attempt.
 */
export function paidAgain(request: ChatRequest, account: Account, most: Ceiling) {
  let held = most;
  return async (failure: RouterError, { target }: Place): Promise<void> => {
    if (!mayCost(failure)) return;
    account.spent(promptCost(request, target));
    held = { cost: held.cost + most.cost, tokens: held.tokens + most.tokens };
    await account.reserve(held);
  };
}
