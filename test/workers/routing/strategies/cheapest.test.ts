import { describe, expect, it } from "vitest";
import type { RoutingContext } from "../../../../src/routing/strategies/strategy.ts";
import { cheapest } from "../../../../src/routing/strategies/cheapest.ts";
import { nvidiaTarget, routerConfig, routingContext, seeded } from "../../../support/routing.ts";

/** Models with the prices of input, output and what is read from the cache. */
const priced = (name: string, inputPrice: number, outputPrice: number, cacheReadPrice = inputPrice) =>
  nvidiaTarget(name, { inputPrice, outputPrice, cacheReadPrice });
const unpriced = nvidiaTarget("unpriced");
const NAMES = ["reads", "writes", "dear", "unpriced", "twin"];
const reads = priced("reads", 1, 20, 0.1);
const writes = priced("writes", 4, 4);
const dear = priced("dear", 30, 30, 0.05);
const LONG = { messages: [{ role: "user", content: "word ".repeat(20_000) }] };

async function choose(
  targets: Parameters<typeof cheapest.order>[0],
  body = {},
  more: Partial<RoutingContext> = {},
) {
  const router = routerConfig({ weights: { twin: 3 } }, NAMES);
  const choice = await cheapest.order(targets, routingContext(router, body, { random: seeded(1), ...more }));
  return { ...choice, names: choice.targets.map(({ name }) => name) };
}

describe("cheapest", () => {
  it("goes by the price of this request: a short one costs its answer, a long one its prompt", async () => {
    const all = [dear, unpriced, reads, writes];
    expect((await choose(all)).names).toEqual(["writes", "reads", "dear", "unpriced"]);
    expect((await choose(all, LONG)).names).toEqual(["reads", "writes", "dear", "unpriced"]);
    expect((await choose(all, { ...LONG, max_tokens: 1 })).reason).toContain(
      "25000 tokens of prompt and 1 of answer",
    );
  });

  it("counts what a session's own model reads from its cache", async () => {
    const all = [dear, reads, writes];
    expect(await choose(all, LONG, { seat: "writes" })).toMatchObject({ names: ["reads", "writes", "dear"] });
    expect(await choose(all, LONG, { seat: "dear" })).toMatchObject({
      ...{ names: ["dear", "reads", "writes"], note: "sticky" },
      reason: expect.stringContaining("the session's cache counted"),
    });
    // The answer alone is dearer than the others' whole.
    expect((await choose(all, {}, { seat: "dear" })).names).toEqual(["writes", "reads", "dear"]);
  });

  it("draws among equals in proportion to the weights, for a session by its seed", async () => {
    const twin = priced("twin", 1, 20, 0.1);
    const random = seeded(7);
    const firsts = await Promise.all(
      Array.from({ length: 2000 }, async () => (await choose([reads, twin], {}, { random })).names[0]),
    );
    expect(firsts.filter((name) => name === "twin").length / 2000).toBeCloseTo(0.75, 1.4);
    const own = (await choose([reads, twin], {}, { seed: 11 })).names;
    expect((await choose([twin, reads], {}, { seed: 11 })).names).toEqual(own);
  });

  it("is chance where nothing has a price", async () => {
    const { reason, names } = await choose([unpriced]);
    expect({ reason, names }).toEqual({
      ...{ names: ["unpriced"], reason: "No model has a price: drawn by chance." },
    });
  });
});
