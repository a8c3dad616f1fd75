import type { LedgerLine } from "../chat/ledger-line.ts";
import type { Outcome } from "./observer.ts";

const MAX_REASON_CHARS = 200;
const MAX_TRAIL = 16;
/** With no attempt behind them, it was the key's own limit. */
const LIMIT_CODES: readonly string[] = ["insufficient_quota", "rate_limit_exceeded"];

/** An exchange as a line of the ledger. */
export function ledgerLine(outcome: Outcome): LedgerLine {
  const { requestId, dialect, door, stream, route, trail, status, usage, error, cost, estimated } = outcome;
  const { startedAt, firstDeltaAt, endedAt, session = null } = outcome;
  const last = trail.at(-1);
  const attempts = trail.slice(-MAX_TRAIL).map(({ model, place, outcome: end, ms }) => {
    return `${model}${place && `@${place}`} ${end} ${ms} ms`;
  });
  return {
    ...{ request_id: requestId, at: startedAt, api: dialect, door, stream },
    ...{ model: route?.target.name ?? last?.model ?? "", place: last?.place ?? "" },
    ...{ strategy: route?.strategy ?? null, reason: route?.reason.slice(0, MAX_REASON_CHARS) ?? null },
    ...{ trail: attempts.join("; "), status, code: error?.code ?? null },
    limited: last === undefined && error !== undefined && LIMIT_CODES.includes(error.code),
    input_tokens: usage?.promptTokens ?? 0,
    output_tokens: usage?.completionTokens ?? 0,
    cache_read_tokens: usage?.cachedTokens ?? 0,
    cache_write_tokens: usage?.cacheWriteTokens ?? 0,
    cache_write_1h_tokens: usage?.cacheWrite1hTokens ?? 0,
    reasoning_tokens: usage?.reasoningTokens ?? 0,
    ...{ cost_micros: cost ?? null, estimated, session },
    ...{ first_ms: firstDeltaAt === undefined ? null : firstDeltaAt - startedAt, ms: endedAt - startedAt },
  };
}
