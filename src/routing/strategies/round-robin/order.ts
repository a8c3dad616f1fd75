/** Weights → a round in which every target has its share of turns, spread evenly. */

/** Turns in a round at most. Finer proportions are rounded to it, but nobody's share to none. */
const MAX_TURNS = 10_000;
/** What fractions are multiplied by to become whole, at most. */
const MAX_SCALE = 1e9;
/** What decimal fractions are off by in binary, scaled: 0.07 * 100 is 7.000000000000001. */
const TOLERANCE = 1e-6;

/**
 * The smallest whole numbers in the proportion of the weights: 0.5 and 1.5 become 1 and 3.
 * @param weights All above 0.
 */
export function shares(weights: readonly number[]): number[] {
  const exact = wholeNumbers(weights);
  if (exact && sum(exact) <= MAX_TURNS) return exact;
  const unit = sum(weights) / (MAX_TURNS - weights.length);
  return reduced(weights.map((weight) => Math.max(1, Math.round(weight / unit))));
}

/**
 * The smooth weighted order (as in nginx): before each turn everybody gains their share; who has most takes the turn
 * and pays for all. Each index comes `shares[index]` times; 5, 1, 1 give 0 0 1 0 2 0 0, and equal shares the plain
 * order.
 */
export function smoothOrder(shares: readonly number[]): number[] {
  const total = sum(shares);
  const credit = shares.map(() => 0);
  return Array.from({ length: total }, () => {
    let best = 0;
    for (const [index, share] of shares.entries()) {
      credit[index] = (credit[index] ?? 0) + share;
      if ((credit[index] ?? 0) > (credit[best] ?? 0)) best = index;
    }
    credit[best] = (credit[best] ?? 0) - total;
    return best;
  });
}

function wholeNumbers(weights: readonly number[]): number[] | undefined {
  for (let scale = 1; scale <= MAX_SCALE; scale *= 10) {
    const scaled = weights.map((weight) => weight * scale);
    if (scaled.every((value) => value > 0.5 && Math.abs(value - Math.round(value)) < TOLERANCE)) {
      return reduced(scaled.map(Math.round));
    }
  }
  return undefined;
}

function reduced(numbers: readonly number[]): number[] {
  const divisor = numbers.reduce(greatestCommonDivisor, 0);
  return numbers.map((number) => number / divisor);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
