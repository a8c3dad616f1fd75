import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shares, smoothOrder } from "../../../../src/routing/strategies/round-robin/order.ts";

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

describe("shares", () => {
  it.each([
    [[1], [1]],
    [[7], [1]],
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
    [
      [2, 4, 6],
      [1, 2, 3],
    ],
    [
      [0.5, 1.5],
      [1, 3],
    ],
    [
      [0.07, 0.93],
      [7, 93],
    ],
    [
      [0.1, 0.2, 0.3],
      [1, 2, 3],
    ],
    [
      [33.3, 66.7],
      [333, 667],
    ],
    [
      [0.00002, 0.00001],
      [2, 1],
    ],
    [
      [1e6, 1e6, 5e5],
      [2, 2, 1],
    ],
    [
      [9999, 1],
      [9999, 1],
    ],
  ])("of %j are %j", (weights, expected) => {
    expect(shares(weights)).toEqual(expected);
  });

  it("are whole, in proportion as far as 10,000 turns can tell, and nobody goes without", () => {
    const weight = fc.oneof(
      fc.double({ min: 1e-9, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 1e6 }),
    );
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 20 }), (weights) => {
        const parts = shares(weights);
        expect(parts).toHaveLength(weights.length);
        expect(total(parts)).toBeLessThanOrEqual(10_000);
        for (const [index, part] of parts.entries()) {
          expect(Number.isInteger(part) && part >= 1).toBe(true);
          const wanted = (weights[index] ?? Number.NaN) / total(weights);
          expect(Math.abs(part / total(parts) - wanted)).toBeLessThan(0.003);
        }
      }),
    );
  });
});

describe("smoothOrder", () => {
  it.each([
    [[1, 1, 1], "012"],
    [[5, 1, 1], "0010200"],
    [[1, 3], "1011"],
    [[2, 2], "0101"],
    [[], ""],
  ])("of %j is %s", (parts, expected) => {
    expect(smoothOrder(parts).join("")).toBe(expected);
  });

  it("gives each their share exactly, never more than one turn away from it", () => {
    const parts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, (all) => {
        const order = smoothOrder(all);
        const counts = all.map(() => 0);
        for (const [turn, index] of order.entries()) {
          counts[index] = (counts[index] ?? 0) + 1;
          const due = ((turn + 1) * (all[index] ?? Number.NaN)) / total(all);
          // Whoever takes a turn may be ahead by less than a whole one.
          expect((counts[index] ?? 0) - due).toBeLessThan(1);
        }
        expect(counts).toEqual(all);
      }),
    );
  });
});
