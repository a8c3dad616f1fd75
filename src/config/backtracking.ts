/** Finds regular expressions whose matching can take exponential time. */

const QUANTIFIER = /[*+]|\{\d+,\}/y;

/**
 * Whether a group that can repeat without end holds something that can, too, as in `(a+)+`: on a text that almost
 * matches, such a pattern tries every way to divide the text. Patterns with alternatives that overlap, `(a|a)*`, are not
 * found.
 * @param source A valid pattern, without slashes.
 */
export function repeatsRepetition(source: string): boolean {
  /** For each open group whether something in it repeats; the first stands for the whole pattern. */
  const repeats = [false];
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    let inner = false;
    if (char === "\\") at++;
    else if (char === "[") at = classEnd(source, at);
    else if (char === "(") {
      repeats.push(false);
      continue;
    } else if (char === ")") inner = repeats.pop() ?? false;
    QUANTIFIER.lastIndex = at + 1;
    const quantified = QUANTIFIER.test(source);
    if (inner && quantified) return true;
    if (inner || quantified) repeats[repeats.length - 1] = true;
  }
  return false;
}

/** Where the character class that begins at `start` ends. */
function classEnd(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== "]") at += source[at] === "\\" ? 2 : 1;
  return at;
}
