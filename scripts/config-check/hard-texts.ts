/** Texts on which a regular expression takes longest, made from its parts. */
import { type Node, parsePattern } from "../../src/config/pattern/parse.ts";
import { Alphabet, type Characters } from "../../src/config/pattern/sets.ts";

/** `pump` again and again behind `head`, so often that it has `chars` characters with `tail`. */
export interface HardText {
  readonly head: string;
  readonly pump: string;
  readonly tail: string;
  readonly chars: number;
}

/** Few characters of a set stand for all: letters and digits first, they are in most sets. */
const SAMPLES = 2;
/** A pattern of more parts is tried with the first ones. */
const MAX_PUMPS = 24;
/** Patterns of counted parts are slow on texts that are nearly long enough for them. */
const SHORT_CHARS = [29, 59];
/** What follows mostly makes the match fail, at the last moment. */
const TAILS = ["", "!", "\u0000", "\n", "!".repeat(40)];

/**
 * A part of the pattern again and again, behind what it wants in front of it, and in the end something that it does not want.
 * @param pattern A valid one. @param chars How long the longest are.
 */
export function hardTexts({ source, flags }: { source: string; flags: string }, chars: number): HardText[] {
  const root = parsePattern(source, /[uv]/.test(flags));
  const sampler = new Sampler(new Alphabet(source, flags));
  sampler.visit(root, "");
  return sampler.pumps.slice(0, MAX_PUMPS).flatMap(({ head, pump }) =>
    [...new Set([...TAILS, sampler.foreign])].flatMap((tail) =>
      // Also where the match cannot begin at the text's own start.
      [...new Set(["", head, sampler.foreign + head])].flatMap((front) =>
        [chars, ...SHORT_CHARS].map((length) => ({ head: front, pump, tail, chars: length })),
      ),
    ),
  );
}

class Sampler {
  readonly pumps: { readonly head: string; readonly pump: string }[] = [];
  readonly #alphabet: Alphabet;
  readonly #sets: Characters[] = [];
  readonly #seen = new Set<string>();

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet;
  }

  /** Notes what may be repeated in the node, behind `head`. Gives a text that the node takes. */
  visit(node: Node, head: string): string {
    switch (node.kind) {
      case "set": {
        const samples = this.#samples(node.raw);
        for (const char of samples) this.#add(head, char);
        return samples[0] ?? "";
      }
      case "sequence": {
        let text = "";
        for (const part of node.parts) {
          text += this.visit(part, head + text);
          this.#add("", text);
        }
        return text;
      }
      case "choice": {
        const texts = node.options.map((option) => this.visit(option, head));
        for (const text of texts) this.#add(head, text);
        return texts[0] ?? "";
      }
      case "repeat": {
        const text = this.visit(node.body, head);
        this.#add(head, text);
        const times = Math.min(Math.max(node.min, 1), 50);
        // One too few: every way to divide them is followed through all that comes behind.
        if (times > 1) this.#add(head + text.repeat(times - 1), "!");
        return text.repeat(times);
      }
      case "look":
        this.visit(node.body, head);
        return "";
      default:
        return "";
    }
  }

  /** A character that the fewest sets take: with it a match fails that nothing else ends. */
  get foreign(): string {
    const { characters } = this.#alphabet;
    const takers = characters.map((_, index) => this.#sets.filter((taken) => taken[index] === 1).length);
    return characters[takers.indexOf(Math.min(...takers))] ?? "";
  }

  #add(head: string, pump: string): void {
    const key = JSON.stringify([head, pump]);
    if (pump === "" || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.pumps.push({ head, pump });
  }

  #samples(raw: string): string[] {
    const taken = this.#alphabet.of(raw);
    this.#sets.push(taken);
    const inSet = this.#alphabet.characters.filter((_, index) => taken[index] === 1);
    const [plain, others] = [
      inSet.filter((char) => /\w/.test(char)),
      inSet.filter((char) => !/\w/.test(char)),
    ];
    return [...plain, ...others].slice(0, SAMPLES);
  }
}
