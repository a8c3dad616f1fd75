/** Patterns of names, such as `claude-*`: `*` stands for any characters, also for none. Letters count as written. */

/** Whether the pattern stands for this whole text. Takes time by the length of both, not by the number of ways. */
export function globMatches(pattern: string, text: string): boolean {
  const [head = "", ...parts] = pattern.split("*");
  const tail = parts.pop();
  if (tail === undefined) return text === pattern;
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let at = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at + tail.length <= text.length;
}

/** Whether there is a text for which both patterns stand. */
export function globsOverlap(a: string, b: string): boolean {
  if (!begunAlike(a, b) || !begunAlike(reversed(a), reversed(b))) return false;
  // For each beginning of `a`: which beginnings of `b` stand for a same text.
  let row = beginnings(b, (at) => at === 0 || b.slice(0, at) === "*".repeat(at));
  for (const char of a) {
    const above = row;
    row = [char === "*" && above[0] === true];
    for (let at = 1; at <= b.length; at++) {
      const other = b[at - 1];
      row[at] =
        char === "*" || other === "*"
          ? above[at] === true || row[at - 1] === true || above[at - 1] === true
          : char === other && above[at - 1] === true;
    }
  }
  return row[b.length] === true;
}

function beginnings(pattern: string, test: (length: number) => boolean): boolean[] {
  return Array.from({ length: pattern.length + 1 }, (_, length) => test(length));
}

/** Whether what stands before the first `*` of both agrees as far as both have it: mostly it does not. */
function begunAlike(a: string, b: string): boolean {
  const [one = "", ...more] = a.split("*");
  const [other = "", ...others] = b.split("*");
  if (more.length === 0 && others.length === 0) return a === b;
  return one.startsWith(other) || other.startsWith(one);
}

function reversed(text: string): string {
  return Array.from(text).reverse().join("");
}
