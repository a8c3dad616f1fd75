import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Choice } from "../../../../src/routing/strategies/strategy.ts";
import type { Target } from "../../../../src/target.ts";
import { configOf, prepareConfig } from "../../../../src/services.ts";
import { parseChat } from "../../../../src/dialects/openai-chat/client/parse.ts";
import { random } from "../../../../src/routing/strategies/random.ts";
import { bedrockTarget } from "../../../support/bedrock.ts";
import { FURTHER, seeded } from "../../../support/routing.ts";
import { envOf } from "../../support.ts";

const request = parseChat({ messages: [{ role: "user", content: "Hi" }] });
const env = envOf();
await prepareConfig(env);
const { router } = configOf(env);

function targetsOf(names: readonly string[]): Target[] {
  return names.map((name) => bedrockTarget("anthropic.claude-3-haiku-20240307-v1:0", { name }));
}

/** Draws with these weights; what the strategy has no business with fails when it is used. */
async function choose(
  targets: readonly Target[],
  weights: Readonly<Record<string, number>>,
  draw: () => number,
): Promise<Choice> {
  return random.order(targets, {
    request,
    query: "Hi",
    queryChars: 2,
    router: { ...router, weights },
    random: draw,
    ticket: () => Promise.reject(new Error("random takes no ticket")),
    complete: () => Promise.reject(new Error("random asks no model")),
    further: FURTHER,
    embed: () => Promise.reject(new Error("random wants no vector")),
    priceOf: () => undefined,
    readsTexts: false,
  });
}

async function order(
  weights: Readonly<Record<string, number>>,
  draw: () => number,
  names = Object.keys(weights),
): Promise<string[]> {
  const { targets } = await choose(targetsOf(names), weights, draw);
  return targets.map((target) => target.name);
}

/** How often each name was drawn first. */
async function firsts(weights: Readonly<Record<string, number>>, draws: number, seed: number) {
  const draw = seeded(seed);
  const counts: Record<string, number> = Object.fromEntries(Object.keys(weights).map((name) => [name, 0]));
  for (let i = 0; i < draws; i++) {
    const [first = ""] = await order(weights, draw);
    counts[first] = (counts[first] ?? Number.NaN) + 1;
  }
  return counts;
}

/** Pearson's statistic of the counts against shares in proportion to the weights. */
function chiSquare(
  counts: Readonly<Record<string, number>>,
  weights: Readonly<Record<string, number>>,
): number {
  const names = Object.keys(weights).filter((name) => weights[name] !== 0);
  const draws = names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const total = names.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
  return names.reduce((sum, name) => {
    const expected = (draws * (weights[name] ?? 0)) / total;
    return sum + ((counts[name] ?? 0) - expected) ** 2 / expected;
  }, 0);
}

/** The 0.999 quantiles of the chi-square distribution, by degrees of freedom. */
const CRITICAL = [Number.NaN, 10.828, 13.816, 16.266, 18.467];

describe("random", () => {
  it.each([
    [{ a: 1, b: 1 }],
    [{ a: 1, b: 3 }],
    [{ a: 1, b: 1, c: 1, d: 1, e: 1 }],
    [{ a: 0.5, b: 2, c: 10, d: 0.1 }],
    [{ a: 1, none: 0, b: 2, c: 3 }],
    [{ a: 1e-3, b: 1e6 }],
  ])("chooses in proportion to the weights %j", async (weights) => {
    const drawn = Object.values(weights).filter((weight) => weight > 0).length;
    const counts = await firsts(weights, 20_000, 42);
    if ("none" in weights) expect(counts.none).toBe(0);
    expect(chiSquare(counts, weights)).toBeLessThan(CRITICAL[drawn - 1] ?? 0);
  });

  it("fails that measure when the proportion is another", async () => {
    const counts = await firsts({ a: 1, b: 1 }, 20_000, 42);
    expect(chiSquare(counts, { a: 1, b: 1.1 })).toBeGreaterThan(CRITICAL[1] ?? 0);
  });

  it("chooses the second in proportion to the weights that are left", async () => {
    const draw = seeded(7);
    const seconds = { b: 0, c: 0 };
    for (let i = 0; i < 30_000; i++) {
      const [first, second] = await order({ a: 2, b: 1, c: 3 }, draw);
      if (first === "a" && (second === "b" || second === "c")) seconds[second]++;
    }
    expect(chiSquare(seconds, { b: 1, c: 3 })).toBeLessThan(CRITICAL[1] ?? 0);
  });

  it("gives every target with a positive weight exactly once, for any weights and any draws", async () => {
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e6, noNaN: true }));
    const draw = fc.oneof(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.constant(1 - 2 ** -53),
    );
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(names, fc.infiniteStream(weight), fc.infiniteStream(draw), async (all, ws, draws) => {
        const weights: Record<string, number> = Object.create(null);
        for (const name of all) weights[name] = ws.next().value;
        const ordered = await order(weights, () => draws.next().value, all);
        expect(ordered.toSorted()).toEqual(all.filter((name) => weights[name] !== 0).toSorted());
      }),
    );
  });

  it("reaches every order", async () => {
    const draw = seeded(1);
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) seen.add((await order({ a: 1, b: 1, c: 1 }, draw)).join(""));
    expect([...seen].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
  });

  it("takes 1 for a target that no weight names, whatever objects have by nature", async () => {
    const names = ["a", "toString", "__proto__"];
    expect((await order({}, seeded(3), names)).toSorted()).toEqual(names.toSorted());
  });

  it("tells the chances, and that it was chance", async () => {
    const choice = await choose(targetsOf(["a", "b", "c"]), { a: 1, b: 3, c: 0 }, seeded(1));
    expect(choice).toMatchObject({
      reason: expect.stringContaining("chance"),
      details: { chances: { a: 0.25, b: 0.75 } },
    });
    expect(choice.note).toBeUndefined();
  });

  it("gives nothing where every weight is 0, or nothing is there", async () => {
    expect(await order({ a: 0, b: 0 }, seeded(1))).toEqual([]);
    expect(await order({}, seeded(1))).toEqual([]);
  });

  it("leaves the configured list as it is", async () => {
    const targets = Object.freeze(targetsOf(["a", "b", "c"]));
    await choose(targets, {}, seeded(5));
    expect(targets.map((target) => target.name)).toEqual(["a", "b", "c"]);
  });
});
