/** Means and how sure they are. */

const RESAMPLES = 2000;

export interface Estimate {
  readonly mean: number;
  /** The middle 95 % of the means of samples drawn from the values, with replacement. */
  readonly low: number;
  readonly high: number;
}

/** A mean with its interval by bootstrap; the same for the same values in every run. */
export function estimate(values: readonly number[]): Estimate {
  const random = seeded(values.length);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let n = 0; n < values.length; n++) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / (values.length || 1);
  }).sort((a, b) => a - b);
  const at = (part: number) => means[Math.floor(part * (RESAMPLES - 1))] ?? Number.NaN;
  return { mean: meanOf(values), low: at(0.025), high: at(0.975) };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
}

/** Numbers in [0, 1), the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers below `count`, in a random order. */
export function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
