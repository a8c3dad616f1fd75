/** The file of vectors, and how alike they are. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLabelled, unit, writeLabelled } from "../../../../src/routing/strategies/judges/format.ts";
import { largest, similarities } from "../../../../src/routing/strategies/judges/nearest.ts";

const number = fc.double({ min: -10, max: 10, noNaN: true });
/** Vectors of one length, at least one that is not nothing. */
const vectors = fc
  .integer({ min: 1, max: 19 })
  .chain((length) =>
    fc.array(fc.array(number, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 8 }),
  );

function fileOf(rows: readonly (readonly number[])[], texts: readonly string[] = []): ArrayBuffer {
  const header = { kind: "knn", model: "m", digest: "d", models: ["a", "b"] } as const;
  const scores = rows.map((_, row) => [row / 10, undefined]);
  const { buffer } = writeLabelled({ header, vectors: rows, scores, texts });
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("shared memory");
  return buffer;
}

describe("the file of vectors", () => {
  it("gives back what it was made of, to the precision of a byte", () => {
    fc.assert(
      fc.property(vectors, fc.array(fc.string()), (rows, words) => {
        const texts = rows.map((_, row) => words[row] ?? "");
        const labelled = readLabelled(fileOf(rows, texts));
        expect(labelled).toMatchObject({
          rows: rows.length,
          dimensions: rows[0]?.length,
          models: ["a", "b"],
        });
        if (labelled === undefined) return;
        for (const [row, vector] of rows.entries()) {
          expect(labelled.text(row)).toBe(texts[row]);
          expect(labelled.scores[row * 2]).toBeCloseTo(row / 10, 6);
          expect(labelled.scores[row * 2 + 1]).toBeNaN();
          const query = unit(rows[0] ?? []);
          const plain = unit(vector).reduce((sum, own, index) => sum + own * (query[index] ?? 0), 0);
          expect(Math.abs((similarities(labelled, query)[row] ?? 9) - plain)).toBeLessThan(0.02);
        }
      }),
    );
  });

  it("is none, and never an exception, where a byte of its head is another or its end is missing", () => {
    const whole = new Uint8Array(fileOf([[1, 2, 3]], ["text"]));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const changed = whole.slice();
        changed[at] = byte;
        const labelled = readLabelled(changed.buffer.slice(0, length));
        labelled?.text(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the largest of many numbers", () => {
  it("are those that a sort would put first", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true }), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (values, count) => {
          const numbers = Float32Array.from(values);
          const sorted = [...numbers.keys()].sort((a, b) => (numbers[b] ?? 0) - (numbers[a] ?? 0) || a - b);
          expect(largest(numbers, count)).toEqual(sorted.slice(0, count));
        },
      ),
    );
  });
});
