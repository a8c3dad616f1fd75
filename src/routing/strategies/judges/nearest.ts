/** How alike a query and each of many vectors are. */
import type { Labelled } from "./format.ts";

/** Cosines, one a row. @param query Of length 1 and of as many numbers as the rows have. */
export function similarities(
  { rows, dimensions, scales, vectors }: Labelled,
  query: Float32Array,
): Float32Array {
  const found = new Float32Array(rows);
  const fours = dimensions - (dimensions % 4);
  for (let row = 0, at = 0; row < rows; row++) {
    // Four sums, none of which waits for another.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let index = 0;
    for (; index < fours; index += 4, at += 4) {
      a += (vectors[at] ?? 0) * (query[index] ?? 0);
      b += (vectors[at + 1] ?? 0) * (query[index + 1] ?? 0);
      c += (vectors[at + 2] ?? 0) * (query[index + 2] ?? 0);
      d += (vectors[at + 3] ?? 0) * (query[index + 3] ?? 0);
    }
    for (; index < dimensions; index++, at++) a += (vectors[at] ?? 0) * (query[index] ?? 0);
    found[row] = (a + b + c + d) * (scales[row] ?? 0);
  }
  return found;
}

/** The rows with the greatest values, best first; of equals the earlier one. */
export function largest(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (const [row, value] of values.entries()) {
    if (best.length === count && !(value > least)) continue;
    let at = best.length;
    while (at > 0 && value > (values[best[at - 1] ?? 0] ?? 0)) at--;
    best.splice(at, 0, row);
    if (best.length > count) best.pop();
    least = values[best.at(-1) ?? 0] ?? 0;
  }
  return best;
}
