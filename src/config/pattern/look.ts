/**
 * Which regular expressions may take long on a text that almost matches, told by their form alone. It errs on one side: what
 * it lets pass is fast, some of what it refuses is, too.
 */
import { type Node, parsePattern } from "./parse.ts";
import { Alphabet, type Characters, overlap, union } from "./sets.ts";

/** Patterns are held against the query: at most 500 characters. */
const TEXT_CHARS = 500;
/** Characters in a row that are compared with themselves. */
const MAX_RUN = 16;
export const WANTED = "wanted a simpler pattern, several rules, or keywords";
/** Some milliseconds. */
const MAX_STEPS = 1e7;

/** For messages: why a pattern that nobody has tried may not be used; undefined when it may. */
export function patternProblem(source: string): string | undefined {
  const why = slowness(source);
  return why && `the pattern ${why}: a text that almost matches could keep the Worker busy; ${WANTED}`;
}

/** Why the pattern may be slow; undefined when it is not. @param source A valid pattern for the flag `i`. */
export function slowness(source: string): string | undefined {
  let root: Node;
  try {
    root = parsePattern(source);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return "has too many groups in groups";
  }
  const look = new Look(new Alphabet(source));
  try {
    const starts = isAnchored(root) ? 1 : TEXT_CHARS / look.shift([root]);
    const steps = starts * look.ways(root, look.alphabet.none(), ANY);
    return steps > MAX_STEPS ? "has so many parts that can be divided in several ways" : undefined;
  } catch (thrown) {
    if (!(thrown instanceof Slow)) throw thrown;
    return thrown.message;
  }
}

class Slow extends Error {}

/** How far apart two places at least are where something can begin to match. */
type Shift = () => number;
const ANY: Shift = () => 1;

/** Where a match of the node may begin. */
interface Beginning {
  readonly set: Characters;
  /** It may be empty, so that what follows begins there, too. */
  readonly empty: boolean;
}

class Look {
  readonly alphabet: Alphabet;
  readonly #none: Characters;

  constructor(alphabet: Alphabet) {
    this.alphabet = alphabet;
    this.#none = alphabet.none();
  }

  /**
   * In how many ways a text can be divided by the node before what follows it has failed.
   * @param follow What the rest of the pattern may begin with. @param shift How far apart matches of that rest are.
   */
  ways(node: Node, follow: Characters, shift: Shift): number {
    switch (node.kind) {
      case "sequence":
        return this.#ofSequence(node.parts, follow, shift);
      case "choice":
        return this.#ofChoice(node.options, follow, shift);
      case "repeat":
        return this.#ofRepeat(node, follow, shift);
      case "look":
        // What is behind it is not what follows in the pattern.
        return this.ways(node.body, this.alphabet.all(), ANY);
      case "same":
        return TEXT_CHARS;
      default:
        return 1;
    }
  }

  #ofSequence(parts: readonly Node[], follow: Characters, shift: Shift): number {
    this.#checkNeighbours(parts);
    let ways = 1;
    /** What may follow the part that is looked at. */
    let after: { readonly set: Characters; readonly shift: Shift } = { set: follow, shift };
    for (const [index, part] of [...parts.entries()].reverse()) {
      ways *= this.ways(part, after.set, after.shift);
      const { set, empty } = this.#begin(part);
      after = empty
        ? { set: union([set, after.set], this.#none), shift: ANY }
        : { set, shift: () => this.shift(parts.slice(index, index + MAX_RUN)) };
    }
    return ways;
  }

  #ofChoice(options: readonly Node[], follow: Characters, shift: Shift): number {
    const ways = options.map((option) => this.ways(option, follow, shift));
    return this.#isUnclear(options) ? ways.reduce((sum, one) => sum + one, 0) : Math.max(...ways);
  }

  #ofRepeat({ body, min, max }: Extract<Node, { kind: "repeat" }>, follow: Characters, shift: Shift): number {
    const { set, empty } = this.#begin(body);
    if (max === 1) {
      const inner = this.ways(body, follow, shift);
      return min === 0 && overlap(set, follow) ? inner + 1 : inner;
    }
    if (max > 1 && (empty || !this.#isRigid(body))) {
      throw new Slow("repeats a group that itself can be divided in several ways");
    }
    if (min === max || !overlap(set, follow)) return 1;
    const places = TEXT_CHARS / shift();
    return Math.min(max, places) - Math.min(min, places) + 1;
  }

  /** Two without a bound beside each other that take the same characters divide a text between them. */
  #checkNeighbours(parts: readonly Node[]): void {
    for (const [index, part] of parts.entries()) {
      if (part.kind === "set") continue;
      const ends = this.#unbounded(part, "end");
      for (let behind = index + 1; behind < parts.length; behind++) {
        const next = parts[behind] ?? part;
        if (overlap(ends, this.#unbounded(next, "begin"))) {
          throw new Slow("repeats two neighbouring parts without end that take the same characters");
        }
        if (!this.#begin(next).empty) break;
      }
    }
  }

  /** What the parts without a bound take that the node may begin or end with. */
  #unbounded(node: Node, side: "begin" | "end"): Characters {
    if (node.kind === "repeat") {
      return node.max === Number.POSITIVE_INFINITY
        ? this.#begin(node.body).set
        : this.#unbounded(node.body, side);
    }
    if (node.kind === "choice") {
      return union(
        node.options.map((option) => this.#unbounded(option, side)),
        this.#none,
      );
    }
    if (node.kind === "same") return this.alphabet.all();
    if (node.kind !== "sequence") return this.#none;
    const found: Characters[] = [];
    for (const part of side === "begin" ? node.parts : node.parts.toReversed()) {
      found.push(this.#unbounded(part, side));
      if (!this.#begin(part).empty) break;
    }
    return union(found, this.#none);
  }

  /** Whether a text can be taken by the node in one way only, and by none in part. */
  #isRigid(node: Node): boolean {
    switch (node.kind) {
      case "sequence":
        return node.parts.every((part) => this.#isRigid(part));
      case "choice":
        return !this.#isUnclear(node.options) && node.options.every((option) => this.#isRigid(option));
      case "repeat":
        return node.min === node.max && this.#isRigid(node.body);
      case "look":
        return this.#isRigid(node.body);
      default:
        return node.kind !== "same";
    }
  }

  /** Whether a character leaves open which of the options it begins. */
  #isUnclear(options: readonly Node[]): boolean {
    const begins = options.map((option) => this.#begin(option));
    return begins.some(
      ({ set, empty }, index) => empty || begins.slice(index + 1).some((other) => overlap(set, other.set)),
    );
  }

  #begin(node: Node): Beginning {
    switch (node.kind) {
      case "set":
        return { set: this.alphabet.of(node.raw), empty: false };
      case "same":
        return { set: this.alphabet.all(), empty: true };
      case "repeat": {
        const { set, empty } = this.#begin(node.body);
        return { set, empty: empty || node.min === 0 };
      }
      case "choice": {
        const begins = node.options.map((option) => this.#begin(option));
        return {
          set: union(
            begins.map(({ set }) => set),
            this.#none,
          ),
          empty: begins.some(({ empty }) => empty),
        };
      }
      case "sequence": {
        const sets: Characters[] = [];
        for (const part of node.parts) {
          const { set, empty } = this.#begin(part);
          sets.push(set);
          if (!empty) return { set: union(sets, this.#none), empty: false };
        }
        return { set: union(sets, this.#none), empty: true };
      }
      default:
        return { set: this.#none, empty: true };
    }
  }

  /** How far apart two places at least are where the parts can begin to match, told by the characters they begin with. */
  shift(parts: readonly Node[]): number {
    const run: Characters[] = [];
    const flat = parts.flatMap((part) => (part.kind === "sequence" ? part.parts : [part]));
    for (const part of flat.slice(0, MAX_RUN)) {
      if (part.kind !== "set") break;
      run.push(this.alphabet.of(part.raw));
    }
    for (let by = 1; by < run.length; by++) {
      if (run.slice(by).every((set, index) => overlap(set, run[index] ?? set))) return by;
    }
    return Math.max(run.length, 1);
  }
}

function isAnchored(node: Node): boolean {
  if (node.kind === "sequence") return node.parts[0] !== undefined && isAnchored(node.parts[0]);
  if (node.kind === "choice") return node.options.every(isAnchored);
  return node.kind === "place" && node.raw === "^";
}
