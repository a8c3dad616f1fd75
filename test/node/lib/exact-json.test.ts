import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isExactNumber,
  jsonText,
  parseExact,
  plainNumber,
  wellFormedJson,
} from "../../../src/lib/exact-json.ts";

/** Numbers as anybody may write them, JavaScript or not. */
const written = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), fc.stringMatching(/^[1-9]\d{0,39}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,30}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
  )
  .map((parts) => parts.join(""));

/** JSON texts with such numbers at any place, without white space. */
const { json } = fc.letrec<{ json: string; list: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    written,
    fc.string().map((text) => JSON.stringify(text)),
    fc.constantFrom("null", "true", "false"),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
  object: fc
    .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), tie("json")), {
      maxLength: 4,
      selector: ([key]) => key,
    })
    // JavaScript moves keys that are whole numbers to the front.
    .map((members) => members.map(([key, value]) => `${JSON.stringify(`k${key}`)}:${value}`))
    .map((members) => `{${members.join(",")}}`),
}));

const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

describe("numbers", () => {
  it("leave with all digits with which they came", () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(jsonText(parseExact(text, "digits"))).toBe(text);
      }),
    );
  });

  it("leave with their value, and are plain numbers where JavaScript has that value", () => {
    fc.assert(
      fc.property(written, (text) => {
        const value = parseExact(text);
        if (typeof value === "number") {
          const [exact, kept] = [exactly(text), exactly(String(value))];
          expect(kept).toEqual(exact);
        } else expect(jsonText(value)).toBe(text);
      }),
    );
  });

  it.each([
    "9007199254740993",
    "-1234567890123456789",
    "0.1000000000000000055",
    "1234567890.123456789",
    "1e400",
    "1e-400",
  ])("%s keeps its text", (text) => {
    const value = parseExact(`{"a":[${text}]}`);
    expect(jsonText(value)).toBe(`{"a":[${text}]}`);
  });

  it.each([
    ["1.0", 1],
    ["-0", -0],
    ["1e5", 1e5],
    ["9007199254740992.0", 9007199254740992],
    ["0.10000000000000000", 0.1],
  ])("%s is a plain number unless its digits count", (text, number) => {
    expect(parseExact(text)).toBe(number);
    expect(parseExact(text, "digits")).toSatisfy(isExactNumber);
    expect(plainNumber(parseExact(text, "digits"))).toBe(number);
  });

  it("in texts and keys are text", () => {
    const text = '{"12345678901234567890":"12345678901234567890"}';
    expect(parseExact(text)).toEqual({ "12345678901234567890": "12345678901234567890" });
  });
});

describe("half surrogates", () => {
  /** Code units of any kind, so that pairs, halves and escapes stand beside each other. */
  const units = fc
    .array(fc.constantFrom("\ud83d", "\ude00", "\\", "u", "d83d", "a", '"', "\\ud83d", "é"))
    .map((parts) => parts.join(""));

  it("become U+FFFD wherever they stand, and nothing else changes", () => {
    fc.assert(
      fc.property(units, units, (key, text) => {
        const mended = jsonText({ [key]: [text] });
        expect(JSON.parse(mended)).toEqual({ [key.toWellFormed()]: [text.toWellFormed()] });
        expect(mended).not.toMatch(HALF);
      }),
    );
  });

  it("become U+FFFD in the JSON of others, escaped or not", () => {
    const escaped = (text: string) =>
      [...text]
        .map((c) => c.codePointAt(0) ?? 0)
        .map((c) => (c > 0xffff ? pair(c) : hex(c)))
        .join("");
    const pair = (code: number) =>
      [...String.fromCodePoint(code).split("")].map((c) => hex(c.charCodeAt(0))).join("");
    const hex = (code: number) => `\\u${code.toString(16).padStart(4, "0").toUpperCase()}`;
    fc.assert(
      fc.property(units, units, (first, second) => {
        const text = `["${escaped(first)}",${JSON.stringify(second)}]`;
        expect(JSON.parse(wellFormedJson(text))).toEqual([first.toWellFormed(), second.toWellFormed()]);
      }),
    );
  });

  it("cost nothing where there are none", () => {
    const text = JSON.stringify({ a: "\\ud83d 😀 \\\\ud83d" });
    expect(wellFormedJson(text)).toBe(text);
  });
});

/** A number's text as a fraction of whole numbers, to compare without rounding. */
function exactly(text: string): { top: bigint; power: number } {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  let top = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  let power = Number(exponent) - fraction.length;
  while (top !== 0n && top % 10n === 0n) {
    top /= 10n;
    power += 1;
  }
  return top === 0n ? { top, power: 0 } : { top, power };
}
