/** Alternating rounds: what disturbs the machine for a while disturbs both sides. */

/** Samples in the order they were taken: baseline, ours, baseline, ours, …, baseline. */
export interface Series<T> {
  readonly ours: readonly T[];
  /** One more than `ours`: each of ours lies between two of them. */
  readonly baseline: readonly T[];
}

/** What a series says of one value. */
export interface Comparison {
  readonly ours: number;
  readonly baseline: number;
  /** Medians over the rounds, each against the mean of the baseline before and after it. */
  readonly ratio: number;
  readonly difference: number;
  /** The baseline's samples against the ones before them: how much the measure itself varies. */
  readonly selfRatio: readonly [number, number];
  readonly selfDifference: readonly [number, number];
}

/** Measures in turns, after one run of each that does not count. */
export async function alternate<T>(
  rounds: number,
  baseline: () => Promise<T>,
  ours: () => Promise<T>,
  warmUp: () => Promise<unknown> = async () => [await baseline(), await ours()],
): Promise<Series<T>> {
  await warmUp();
  const series = { ours: [] as T[], baseline: [await baseline()] };
  for (let round = 0; round < rounds; round++) {
    series.ours.push(await ours());
    series.baseline.push(await baseline());
  }
  return series;
}

/** Medians of one value of the samples. */
export function compare<T>({ ours, baseline }: Series<T>, value: (sample: T) => number): Comparison {
  const mine = ours.map(value);
  const theirs = baseline.map(value);
  const pairs = theirs.slice(1).map((after, index) => ({ before: theirs[index] ?? Number.NaN, after }));
  const beside = pairs.map(({ before, after }) => (before + after) / 2);
  const against = (combine: (a: number, b: number) => number) =>
    median(mine.map((own, index) => combine(own, beside[index] ?? Number.NaN)));
  return {
    ours: median(mine),
    baseline: median(theirs),
    ratio: against((a, b) => a / b),
    difference: against((a, b) => a - b),
    selfRatio: range(pairs.map(({ before, after }) => after / before)),
    selfDifference: range(pairs.map(({ before, after }) => after - before)),
  };
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The value below which a share of the others lies, between two of them by proportion. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

function range(numbers: readonly number[]): [number, number] {
  return [Math.min(...numbers), Math.max(...numbers)];
}
