import { describe, expect, it } from "vitest";
import { byRendezvous } from "../../../../src/routing/session/rendezvous.ts";
import { seeded } from "../../../support/routing.ts";

const SESSIONS = 20_000;
const WEIGHTS: Readonly<Record<string, number>> = { a: 1, b: 3, c: 1, d: 5 };
const NAMES = Object.keys(WEIGHTS);
const order = (names: readonly string[], seed: number) =>
  byRendezvous(names, seed, { name: (name) => name, weight: (name) => WEIGHTS[name] ?? 1 });

function seeds(): number[] {
  const next = seeded(23);
  return Array.from({ length: SESSIONS }, () => Math.floor(next() * 2 ** 32));
}

describe("byRendezvous", () => {
  it("puts each first, and second behind another, in proportion to its weight", () => {
    const orders = seeds().map((seed) => order(NAMES, seed));
    const share = (of: readonly string[][], name: string, at: number) =>
      of.filter((names) => names[at] === name).length / of.length;
    for (const name of NAMES) {
      expect(share(orders, name, 0)).toBeCloseTo((WEIGHTS[name] ?? 0) / 10, 1.7);
    }
    const behindB = orders.filter(([first]) => first === "b");
    for (const name of ["a", "c", "d"]) {
      expect(share(behindB, name, 1)).toBeCloseTo((WEIGHTS[name] ?? 0) / 7, 1.5);
    }
  });

  it("is the same in whatever order the names come, and everywhere", () => {
    for (const seed of seeds().slice(0, 200)) {
      expect(order(NAMES.toReversed(), seed)).toEqual(order(NAMES, seed));
    }
    expect(order(NAMES, 1)).toEqual(["a", "d", "b", "c"]);
  });

  it("moves only those whose first goes, and to it only those that come", () => {
    for (const seed of seeds().slice(0, 2000)) {
      const all = order(NAMES, seed);
      const without = NAMES.filter((name) => name !== "d");
      expect(order(without, seed)).toEqual(all.filter((name) => name !== "d"));
    }
  });

  it("spreads seeds that differ little, and names that do", () => {
    const names = Array.from({ length: 8 }, (_, at) => `model-${at}`);
    const firsts = Array.from({ length: 8000 }, (_, seed) => order(names, seed)[0]);
    for (const name of names) {
      expect(firsts.filter((first) => first === name).length / 8000).toBeCloseTo(1 / 8, 1.7);
    }
  });
});
