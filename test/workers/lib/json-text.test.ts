import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RouterError } from "../../../src/errors.ts";
import { countCheck } from "../../../src/lib/counts.ts";
import { MAX_FIELDS, MAX_LEVELS, MAX_VALUES, readJsonText, weighed } from "../../../src/lib/json-text.ts";

/** The error of a text that is refused. */
function refusalOf(text: string): Pick<RouterError, "code" | "param" | "message" | "status"> {
  try {
    readJsonText(text);
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown;
  }
  throw new Error("not refused");
}
/** `levels` arrays, one in the other. */
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

describe("the reader of requests", () => {
  it("gives what JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 4 }), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(readJsonText(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("is not misled by brackets, quotes and backslashes inside of strings", () => {
    const parts = fc.constantFrom('"', "\\", "[", "{", "]", "}", ",", ":", "é", "x");
    fc.assert(
      fc.property(fc.array(fc.string({ unit: parts, maxLength: 400 }), { maxLength: 5 }), (texts) => {
        expect(readJsonText(JSON.stringify({ texts, deep: [[texts]] }))).toEqual({ texts, deep: [[texts]] });
      }),
    );
    expect(readJsonText(JSON.stringify("[".repeat(10_000)))).toBe("[".repeat(10_000));
  });

  it("skips a byte order mark", () => {
    expect(readJsonText('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it.each(["", "{", "nope", '{"a":1}}', "[1,]", `${"[".repeat(20)}`])(
    "refuses %j, which is no JSON",
    (text) => {
      expect(refusalOf(text)).toMatchObject({ code: "invalid_json", status: 400 });
    },
  );

  it(`takes ${MAX_LEVELS} levels and no more, and names the place`, () => {
    expect(readJsonText(nested(MAX_LEVELS))).toHaveLength(1);
    expect(refusalOf(nested(MAX_LEVELS + 1))).toMatchObject({ code: "invalid_value", status: 400 });
    const tool = `{"tools":[{},{"function":{"parameters":${nested(MAX_LEVELS)}}}]}`;
    const { param, message } = refusalOf(tool);
    expect(param).toBe("tools[1].function.parameters");
    expect(message).toContain("200 levels");
    expect(refusalOf(`{"model":"x","a b":{"c":${"[".repeat(1_000_000)}`).param).toBe("a b.c[0][0]");
  });

  it("takes so many values and no more, whatever they are", () => {
    const zeros = (count: number) => `[${"0,".repeat(count - 1)}0]`;
    expect(readJsonText(zeros(MAX_VALUES))).toHaveLength(MAX_VALUES);
    expect(refusalOf(zeros(MAX_VALUES + 1))).toMatchObject({
      code: "invalid_value",
      message: expect.stringContaining("500000 values"),
    });
    expect(refusalOf(`{"messages":[{"content":[${"{},".repeat(MAX_VALUES / 2)}{}]}]}`).param).toBe(
      `messages[0].content[${MAX_VALUES / 2 - 3}]`,
    );
  });

  it("takes so many fields and no more", () => {
    const fields = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, null])));
    expect(Object.keys(Object(readJsonText(fields(MAX_FIELDS))))).toHaveLength(MAX_FIELDS);
    expect(refusalOf(fields(MAX_FIELDS + 1))).toMatchObject({ code: "invalid_value", param: null });
  });

  it("weighs JSON inside of texts alike", () => {
    expect(weighed('{"a":[1,2]}')).toEqual({ values: 4 });
    expect(weighed(nested(MAX_LEVELS + 1)).why).toContain("200 levels");
    expect(weighed("no JSON, at all")).toEqual({ values: 1 });
  });
});

describe("counts", () => {
  const check = countCheck({ list: 2, "list[].inner": 1, "deep.map": 2 });
  const paramOf = (body: Record<string, unknown>): string | null | undefined => {
    try {
      check(body);
      return undefined;
    } catch (thrown) {
      return thrown instanceof RouterError && thrown.status === 400 ? thrown.param : "no RouterError";
    }
  };

  it.each([
    [{}, undefined],
    [{ list: [1, 2] }, undefined],
    [{ list: [1, 2, 3] }, "list"],
    [{ list: "abc" }, undefined],
    [{ list: null, deep: 7 }, undefined],
    [{ list: [{ inner: [1] }, { inner: [1, 2] }] }, "list[1].inner"],
    [{ list: [{ inner: { a: 1, b: 2 } }] }, "list[0].inner"],
    [{ deep: { map: { a: 1, b: 2 } } }, undefined],
    [{ deep: { map: { a: 1, b: 2, c: 3 } } }, "deep.map"],
    [{ deep: [{ map: [1, 2, 3] }] }, undefined],
  ])("of %j: too much stands at %s", (body, param) => {
    expect(paramOf(body)).toBe(param);
  });
});
