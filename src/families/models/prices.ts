/** The form in which list prices are kept: short, since every isolate loads them. */
import type { Prices } from "../../chat/cost.ts";

/**
 * US dollars per million tokens: input, output, cache reads, cache writes, those of an hour; null where there is none. Behind them,
 * where long prompts cost more, the tokens above which they do, and the same five again.
 */
export type PriceRow = readonly (number | null)[];

/** A model's plain id without version, its prices in a region and, where they differ, those of the global profile. */
export type PriceEntry = readonly [id: string, rows: readonly PriceRow[]];

const FIELDS = 5;

export function pricesOf(row: PriceRow): Prices {
  const above = row[FIELDS];
  const long = above == null ? {} : { long: { above, prices: fields(row.slice(FIELDS + 1)) } };
  return { ...fields(row), ...long };
}

function fields([input, output, cacheRead, cacheWrite, cacheWrite1h]: PriceRow): Prices {
  return {
    input: input ?? 0,
    output: output ?? 0,
    ...(cacheRead != null && { cacheRead }),
    ...(cacheWrite != null && { cacheWrite }),
    ...(cacheWrite1h != null && { cacheWrite1h }),
  };
}
