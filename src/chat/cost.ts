/** What an exchange costs, in integers: sums of many are exact. */
import type { Usage } from "./delta.ts";

/** US dollars per million tokens, which is micro-dollars per token. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  /** Of what was read from a cache; the input price where unset. */
  readonly cacheRead?: number;
  /** Of what was written to a cache for some minutes; the input price where unset. */
  readonly cacheWrite?: number;
  /** Of what was written to a cache for an hour; that of the other writes where unset. */
  readonly cacheWrite1h?: number;
  /** What counts for all of an exchange whose prompt has more tokens than this. */
  readonly long?: { readonly above: number; readonly prices: Prices };
}

/** Prices are taken to a millionth of a micro-dollar per token. */
const SCALE = 1_000_000;

/** Micro-dollars of an exchange, rounded once, to the nearest. */
export function costOf(usage: Usage, prices: Prices): number {
  const { promptTokens, completionTokens } = usage;
  const { long } = prices;
  if (long !== undefined && promptTokens > long.above) return costOf(usage, long.prices);
  const { cachedTokens: read = 0, cacheWriteTokens: written = 0, cacheWrite1hTokens: hour = 0 } = usage;
  const { input, output, cacheRead = input, cacheWrite = input, cacheWrite1h = cacheWrite } = prices;
  const sum =
    part(promptTokens - read - written, input) +
    part(read, cacheRead) +
    part(written - hour, cacheWrite) +
    part(hour, cacheWrite1h) +
    part(completionTokens, output);
  return Number((sum + BigInt(SCALE / 2)) / BigInt(SCALE));
}

/** Counts come from upstreams: what is no whole number, or less than none, counts as none. */
function part(tokens: number, price: number): bigint {
  if (!Number.isSafeInteger(tokens) || tokens <= 0) return 0n;
  return BigInt(tokens) * BigInt(Math.round(price * SCALE));
}
