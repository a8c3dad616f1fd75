import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globMatches, globsOverlap } from "../../../src/lib/glob.ts";

const piece = fc.constantFrom("a", "b", "ab", "*", "**", "");
const pattern = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
const texts = ["", "a", "b"].flatMap((x) =>
  ["", "a", "b"].flatMap((y) =>
    ["", "a", "b"].flatMap((z) => ["", "a", "b", "ab", "ba"].map((w) => x + y + z + w)),
  ),
);
/** Another opinion; patterns here are of letters and `*` alone. */
const asRegExp = (glob: string) => new RegExp(`^${glob.replaceAll(/\*+/g, ".*")}$`);

describe("a pattern of names", () => {
  it.each([
    ["claude-*", "claude-opus-5-5", true],
    ["claude-*", "claude-", true],
    ["claude-*", "claude", false],
    ["*-mini", "gpt-5-mini", true],
    ["gpt-*-mini", "gpt-mini", false],
    ["gpt.5", "gpt-5", false],
    ["GPT", "gpt", false],
    ["*", "", true],
    ["a*a", "a", false],
  ])("%s on %s: %s", (glob, text, matches) => {
    expect(globMatches(glob, text)).toBe(matches);
  });

  it("stands for what the regular expression stands for", () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...texts), (glob, text) => {
        expect(globMatches(glob, text)).toBe(asRegExp(glob).test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("overlaps another when some text is both", () => {
    const counts = { yes: 0, no: 0 };
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const overlap = globsOverlap(one, other);
        expect(globsOverlap(other, one)).toBe(overlap);
        const both = texts.some((text) => globMatches(one, text) && globMatches(other, text));
        counts[overlap ? "yes" : "no"]++;
        // A longer text may be both where none of these is.
        if (both) expect(overlap).toBe(true);
        else if (!/\*/.test(one + other)) expect(overlap).toBe(one === other);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(500);
  });

  it.each([
    ["claude-*", "claude-haiku-*", true],
    ["claude-*", "*-haiku", true],
    ["claude-*", "gpt-*", false],
    ["*-mini", "*-nano", false],
    ["a*b*c", "*x*", true],
    ["a*b", "a*c", false],
    ["ab", "a*b", true],
    ["*a", "b", false],
  ])("%s and %s: %s", (one, other, overlap) => {
    expect(globsOverlap(one, other)).toBe(overlap);
  });
});
