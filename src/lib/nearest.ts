/** Finds the word somebody probably meant. */

/** Longer words are compared by their beginning: a distance costs the product of the lengths. */
const COMPARED_CHARS = 64;

/**
 * @returns The candidate with the fewest typing slips between it and `word` (case ignored; the first one on a tie),
 * undefined without candidates.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const slips = distance(comparable(word), comparable(candidate));
    if (slips >= least) continue;
    least = slips;
    best = candidate;
  }
  return best;
}

function comparable(word: string): string {
  return word.slice(0, COMPARED_CHARS).toLowerCase();
}

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): insertions, deletions,
 * substitutions and swaps of neighbours, row by row with the last two rows kept.
 */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
