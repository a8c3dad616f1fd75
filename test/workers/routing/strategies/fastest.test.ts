import { describe, expect, it } from "vitest";
import { fastest } from "../../../../src/routing/strategies/fastest.ts";
import { nvidiaTarget, routerConfig, routingContext, seeded } from "../../../support/routing.ts";

const NAMES = ["a", "b", "c"];
const TARGETS = NAMES.map((name) => nvidiaTarget(name));

/** How often each is first, and how often that is said to be for measuring. */
async function firsts(times: Readonly<Record<string, number>>, seed?: number) {
  const random = seeded(5);
  const router = routerConfig({ weights: { a: 1, b: 1, c: 2 } }, NAMES);
  const counts: Record<string, number> = { a: 0, b: 0, c: 0, measuring: 0 };
  for (let at = 0; at < 4000; at++) {
    const speed = ({ name }: { readonly name: string }) => times[name];
    const context = routingContext(router, {}, { random, speed, seed });
    const { targets, note } = await fastest.order(TARGETS, context);
    expect(new Set(targets).size).toBe(3);
    const name = targets[0]?.name ?? "";
    counts[name] = (counts[name] ?? 0) + 1;
    if (note === "measuring") counts.measuring = (counts.measuring ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / 4000]));
}

describe("fastest", () => {
  it("is the one whose first words come soonest, but for one request of a hundred, which says so", async () => {
    const { a, b = 0, c = 0, measuring } = await firsts({ a: 900, b: 300, c: 500 });
    expect(b).toBeGreaterThan(0.98);
    expect(b).toBeLessThan(0.997);
    expect(a).toBeGreaterThan(0);
    expect(c).toBeGreaterThan(0);
    expect(measuring).toBeCloseTo(1 - b, 10);
  });

  it("is drawn among those that are as fast, and those of which nothing is known, by their weights", async () => {
    const equals = await firsts({ a: 310, b: 900, c: 300 });
    expect((equals.c ?? 0) / (equals.a ?? 1)).toBeCloseTo(2, 0.5);
    const unknown = await firsts({ b: 300 });
    for (const name of ["a", "b"]) expect(unknown[name]).toBeCloseTo(0.25, 1.4);
    const nothing = await firsts({});
    expect(nothing.c).toBeCloseTo(0.5, 1.4);
    expect(nothing.measuring).toBe(0);
  });

  it("is drawn by a session's seed", async () => {
    const drawn = await firsts({}, 3);
    expect(Object.values(drawn).filter((share) => share === 1)).toHaveLength(1);
  });
});
