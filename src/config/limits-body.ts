/** The section `keys` as the API tells it. */
import type { KeyLimits } from "../chat/key-limits.ts";

/** For every key without an entry of its own. */
export const EACH = "*";
/** For all keys together. */
export const ROUTER = "**";

/** Limits in the fields of the file; what is not set is null. */
export function limitsBody(limits: KeyLimits) {
  const { moneyDay, moneyMonth, expires } = limits;
  return {
    models: limits.models ?? null,
    money_day: moneyDay === undefined ? null : moneyDay / 1e6,
    money_month: moneyMonth === undefined ? null : moneyMonth / 1e6,
    requests_minute: limits.requestsMinute ?? null,
    tokens_minute: limits.tokensMinute ?? null,
    expires: expires === undefined ? null : new Date(expires).toISOString().replace(".000Z", "Z"),
    tags: limits.tags ?? null,
    disabled: limits.disabled ?? false,
  };
}
