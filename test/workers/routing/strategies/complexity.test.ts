import { describe, expect, it } from "vitest";
import { complexityOf, MOST } from "../../../../src/routing/strategies/judges/complexity.ts";
import { strategyNamed } from "../../../../src/routing/strategies/index.ts";
import { mixedTargets, routerConfig, routingContext } from "../../../support/routing.ts";

const NAMES = ["small", "middle", "large"];
const TIERS = [{ below: 10, model: "small" }, { below: 35, model: "middle" }, { model: "large" }];
const PROOF = "Prove that the sum of two odd numbers is even, step by step.";
const HARD =
  "Refactor this class so that it must compile without unsafe code, and explain why it deadlocks: ```rust\nstruct A { a: Mutex<B> }\n```";

const scoreOf = (text: string) => complexityOf(text.slice(0, 500), text.length);

describe("the score", () => {
  it.each([
    ["Hello", 0, 5],
    ["What is the capital of France?", 0, 5],
    ["Translate 'good morning' to German", 0, 5],
    [PROOF, 15, 40],
    ["Solve 3x^2 + 5x = 12 and 7y - 4 = 2, with exactly two digits.", 15, 50],
    [HARD, 40, 100],
  ])("of %j is from %i to %i", (text, least, most) => {
    const { score } = scoreOf(text);
    expect(score).toBeGreaterThanOrEqual(least);
    expect(score).toBeLessThanOrEqual(most);
  });

  it("is the sum of its parts, none of which grows beyond its share", () => {
    const all = scoreOf(`${HARD} `.repeat(200));
    expect(all.parts.reduce((sum, [, points]) => sum + points, 0)).toBe(all.score);
    expect(all.score).toBeLessThanOrEqual(MOST);
    expect(Object.fromEntries(all.parts)).toMatchObject({ length: 25, code: 25 });
  });

  it("knows a long text by its whole length, though it looks at 500 characters", () => {
    const text = "word ".repeat(100);
    expect(complexityOf(text, 500).score).toBeLessThan(complexityOf(text, 4000).score);
  });

  it("counts a word once, however often it stands there", () => {
    const parts = (text: string) => Object.fromEntries(complexityOf(text, 10).parts);
    expect(parts("why why why")).toEqual(parts("why"));
  });

  it("takes any text", () => {
    for (const text of ["", "\ud800", "日本語のテキスト", "🙂🙂", "__proto__ constructor", "''----"])
      expect(complexityOf(text, text.length).score).toBeGreaterThanOrEqual(0);
  });
});

describe("strategy complexity", () => {
  const complexity = strategyNamed("complexity");
  const router = routerConfig({ tiers: TIERS }, NAMES);
  const order = async (text: string, names: readonly string[] = NAMES, settings = router) => {
    const body = { messages: [{ role: "user", content: text }] };
    return complexity.order(mixedTargets(names), routingContext(settings, body));
  };
  const chosen = async (...args: Parameters<typeof order>) =>
    (await order(...args)).targets.map(({ name }) => name);

  it("takes the model of the first tier that the score is below", async () => {
    expect((await chosen("Hello"))[0]).toBe("small");
    expect((await chosen(PROOF))[0]).toBe("middle");
    expect((await chosen(HARD))[0]).toBe("large");
  });

  it("takes the next harder tier where the model cannot serve, else the next easier one", async () => {
    expect(await chosen("Hello", ["middle", "large"])).toEqual(["middle", "large"]);
    expect(await chosen(HARD, ["small", "middle"])).toEqual(["middle", "small"]);
    const without = routerConfig({ tiers: TIERS, weights: { large: 0 } }, NAMES);
    expect(await chosen(HARD, NAMES, without)).toEqual(["middle", "small"]);
  });

  it("tells the score and its parts, and nothing of the text", async () => {
    const { reason, details } = await order(HARD);
    expect(reason).toMatch(/^The text scores \d+ of 100 \(code 25, .*\): the last tier\.$/);
    expect(reason).not.toMatch(/Refactor|rust|Mutex/i);
    expect(details).toMatchObject({ parts: { code: 25 } });
    expect((await order("")).reason).toMatch(/: the tier below 10\.$/);
  });
});
