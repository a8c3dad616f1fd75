import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calculate } from "../../../pages/playground/chat/calculator.ts";

describe("the calculator", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ^ 3 ^ 2", 512],
    ["2 ** -1", 0.5],
    ["-2 ^ 2", -4],
    ["10 - 4 - 3", 3],
    ["24 / 4 / 2", 3],
    ["7 % 4", 3],
    ["--3", 3],
    ["1.5e3 + .5", 1500.5],
    ["6 × 7 ÷ 2 − 1", 20],
    ["  42  ", 42],
  ])("%s is %d", (expression, value) => {
    expect(calculate(expression)).toBe(value);
  });

  it.each(["", "1 +", "(1", "1)", "1 2", "2 * * 3", "alert(1)", "1; 2", "1 / 0", "0 / 0", "x", "1,5"])(
    "does not understand %j",
    (expression) => {
      expect(() => calculate(expression)).toThrow();
    },
  );

  it("agrees with JavaScript on sums and products", () => {
    const number = fc.integer({ min: -99, max: 99 });
    const operator = fc.constantFrom("+", "-", "*");
    fc.assert(
      fc.property(number, fc.array(fc.tuple(operator, number), { maxLength: 8 }), (first, rest) => {
        const terms = [first, ...rest.map(([, value]) => value)].map((value) => `(${value})`);
        const expression = rest.reduce(
          (text, [sign], index) => `${text}${sign}${terms[index + 1]}`,
          terms[0] ?? "",
        );
        const expected: unknown = new Function(`return ${expression}`)();
        // A product with zero may be -0.
        expect(calculate(expression) + 0).toBe(Number(expected) + 0);
      }),
    );
  });
});
