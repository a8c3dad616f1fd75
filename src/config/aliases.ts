/** No name may lead to two models by their aliases. */
import { globsOverlap } from "../lib/glob.ts";

export interface Alias {
  /** The model's. */
  readonly name: string;
  readonly alias: string;
}

/** An alias with what stands before its first `*`, and its place in the file's order. */
interface Begun<T extends Alias> {
  readonly of: T;
  readonly head: string;
  readonly index: number;
}

/**
 * For each alias that stands for a name for which an earlier one of another model does, too: that one, the first of them. Two can only
 * overlap where the head of one begins with that of the other, and in alphabetical order those stand behind each other.
 */
export function overlaps<T extends Alias>(aliases: readonly T[]): ReadonlyMap<T, T> {
  const found = new Map<T, Begun<T>>();
  /** Whose heads those begin with that follow. */
  const open: Begun<T>[] = [];
  for (const one of aliases.map(begun).toSorted(byHead)) {
    for (let last = open.at(-1); last && !one.head.startsWith(last.head); last = open.at(-1)) open.pop();
    for (const other of open) {
      const [earlier, later] = one.index < other.index ? [one, other] : [other, one];
      const known = found.get(later.of);
      if (known !== undefined && known.index < earlier.index) continue;
      if (one.of.name !== other.of.name && globsOverlap(one.of.alias, other.of.alias)) {
        found.set(later.of, earlier);
      }
    }
    open.push(one);
  }
  return new Map([...found].map(([later, earlier]) => [later, earlier.of]));
}

function begun<T extends Alias>(of: T, index: number): Begun<T> {
  const [head = ""] = of.alias.split("*", 1);
  return { of, head, index };
}

function byHead(a: { readonly head: string }, b: { readonly head: string }): number {
  if (a.head === b.head) return 0;
  return a.head < b.head ? -1 : 1;
}
