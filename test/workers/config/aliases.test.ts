import fc from "fast-check";
import { expect, it } from "vitest";
import { type Alias, overlaps } from "../../../src/config/aliases.ts";
import { globsOverlap } from "../../../src/lib/glob.ts";

it("finds the first alias of another model that stands for the same name, as a look at every pair does", () => {
  const alias = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    alias: fc.string({ unit: fc.constantFrom("x", "y", "*"), minLength: 1, maxLength: 5 }),
  });
  let overlapping = 0;
  fc.assert(
    fc.property(fc.array(alias, { maxLength: 12 }), (aliases) => {
      const expected = new Map<Alias, Alias>();
      for (const [index, one] of aliases.entries()) {
        const other = aliases
          .slice(0, index)
          .find((each) => each.name !== one.name && globsOverlap(each.alias, one.alias));
        if (other) expected.set(one, other);
      }
      const found = overlaps<Alias>(aliases);
      expect(found.size).toBe(expected.size);
      for (const [one, other] of expected) expect(found.get(one)).toBe(other);
      overlapping += found.size;
    }),
    { numRuns: 2000 },
  );
  expect(overlapping).toBeGreaterThan(1000);
});
