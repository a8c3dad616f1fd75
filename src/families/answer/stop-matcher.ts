/** Stop sequences for models that have none: the answer is cut where one appears, as if the model had stopped there. */

export interface StopMatcher {
  /**
   * The next piece of text; any division of the text into pieces gives the same.
   * @returns the text to show now, and the stop sequence that has ended the answer; after that all text is swallowed.
   */
  push(text: string): { readonly text: string; readonly stop: string | undefined };
  /** Call once, at the end: gives what was held back because a stop sequence might have begun. */
  end(): string;
}

/**
 * Text is held back only as long as a stop sequence could still match. Of several sequences the one counts that is
 * complete first, as it would for a model that is stopped while it writes.
 * @param stops Empty ones are ignored.
 */
export function stopMatcher(stops: readonly string[]): StopMatcher {
  const words = stops.filter((one) => one !== "");
  let held = "";
  let stop: string | undefined;
  return {
    push(text) {
      if (stop !== undefined) return { text: "", stop };
      if (words.length === 0) return { text, stop };
      const all = held + text;
      const found = firstComplete(words, all);
      stop = found?.word;
      const end = found?.at ?? all.length - pendingLength(all, words);
      held = found === undefined ? all.slice(end) : "";
      return { text: all.slice(0, end), stop };
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

interface Found {
  readonly word: string;
  readonly at: number;
  readonly end: number;
}

/** The word that is complete first in a text; of those that end together the longest. */
function firstComplete(words: readonly string[], text: string): Found | undefined {
  let first: Found | undefined;
  for (const word of words) {
    const at = text.indexOf(word);
    const end = at + word.length;
    if (at === -1 || (first && (end > first.end || (end === first.end && at > first.at)))) continue;
    first = { word, at, end };
  }
  return first;
}

/** How many characters at the end of a text may be the beginning of one of the words. */
export function pendingLength(text: string, words: readonly string[]): number {
  let longest = 0;
  for (const word of words) {
    let length = Math.min(word.length - 1, text.length);
    while (length > longest && !word.startsWith(text.slice(text.length - length))) length -= 1;
    longest = Math.max(longest, length);
  }
  return longest;
}
