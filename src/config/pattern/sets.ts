/** Which characters a part of a regular expression takes, asked of the engine itself. */

/** For each character of an {@link Alphabet} whether it is in the set. */
export type Characters = Uint8Array;

/** White space beyond Latin-1. */
const SPACES =
  "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
/** Further samples of all scripts, for sets that leave something out. */
const SAMPLE_STEP = 0x80;

/**
 * Characters that tell the sets of a pattern apart: two that overlap have one of these in common, since each range in a class
 * begins and ends with a character that the pattern names.
 */
export class Alphabet {
  readonly characters: readonly string[];
  readonly #flags: string;
  readonly #known = new Map<string, Characters>();

  constructor(source: string, flags = "i") {
    this.#flags = flags.replace(/[gym]/g, "");
    const codes = new Set<number>();
    for (let code = 0; code < 0x100; code++) codes.add(code);
    for (let code = 0x100; code < 0x10000; code += SAMPLE_STEP) codes.add(code);
    for (const char of SPACES) codes.add(char.charCodeAt(0));
    for (const code of namedIn(source)) for (const near of [code - 1, code, code + 1]) codes.add(near);
    const cased = [...codes]
      .filter((code) => code >= 0 && code < 0x10000)
      .map((code) => String.fromCharCode(code))
      .flatMap((char) => [char, char.toLowerCase(), char.toUpperCase()]);
    this.characters = [...new Set(cased)].filter((char) => char.length === 1);
  }

  /** The characters of a set as it is written in the pattern. */
  of(raw: string): Characters {
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    const single = new RegExp(`^(?:${raw})$`, this.#flags);
    const found = Uint8Array.from(this.characters, (char) => (single.test(char) ? 1 : 0));
    this.#known.set(raw, found);
    return found;
  }

  none(): Characters {
    return new Uint8Array(this.characters.length);
  }

  all(): Characters {
    return this.none().fill(1);
  }
}

/** Characters that stand in the pattern, written out or by their number. */
function namedIn(source: string): number[] {
  const written = Array.from(source, (char) => char.charCodeAt(0));
  const numbered = source.matchAll(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\})/g);
  return [
    ...written,
    ...Array.from(numbered, ([, two, four, any]) => Number.parseInt(two ?? four ?? any ?? "0", 16)),
  ];
}

export function union(sets: readonly Characters[], none: Characters): Characters {
  return sets.reduce((all, set) => all.map((has, index) => has | (set[index] ?? 0)), none);
}

export function overlap(one: Characters, other: Characters): boolean {
  return one.some((has, index) => has === 1 && other[index] === 1);
}
