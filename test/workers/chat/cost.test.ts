/** What an exchange costs, and Bedrock's list prices. */
import { property, record, nat, assert as check } from "fast-check";
import { describe, expect, it } from "vitest";
import { costOf, type Prices } from "../../../src/chat/cost.ts";
import { listPrices } from "../../../src/families/models/index.ts";
import type { BedrockTarget } from "../../../src/target.ts";
import { factsOf } from "../../../src/routing/facts.ts";
import { bedrockTarget } from "../../support/bedrock.ts";

const PRICES: Prices = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 };

describe("costOf", () => {
  it("rounds once, to the nearest", () => {
    // 24,951 fresh, 64,126 read, 2,805 written: 68,494.7375 micro-dollars.
    const usage = {
      promptTokens: 24_951 + 64_126 + 2805,
      completionTokens: 854,
      cachedTokens: 64_126,
      cacheWriteTokens: 2805,
    };
    expect(costOf(usage, { input: 1.75, output: 8.75, cacheRead: 0.175, cacheWrite: 2.1875 })).toBe(68_495);
  });

  it.each([
    ["no cache", { promptTokens: 100, completionTokens: 10 }, 100 * 3 + 10 * 15],
    ["reads", { promptTokens: 100, completionTokens: 0, cachedTokens: 100 }, 30],
    ["writes", { promptTokens: 100, completionTokens: 0, cacheWriteTokens: 100 }, 375],
    [
      "writes of both times",
      { promptTokens: 100, completionTokens: 0, cacheWriteTokens: 100, cacheWrite1hTokens: 40 },
      60 * 3.75 + 40 * 6,
    ],
    ["half a micro-dollar", { promptTokens: 5, completionTokens: 0, cachedTokens: 5 }, 2],
    ["what cannot be counted", { promptTokens: Number.NaN, completionTokens: -1 }, 0],
  ])("of %s", (_what, usage, micros) => {
    expect(costOf(usage, PRICES)).toBe(Math.round(micros));
  });

  it("takes the input price for a cache without one", () => {
    const usage = { promptTokens: 100, completionTokens: 0, cachedTokens: 40, cacheWriteTokens: 30 };
    expect(costOf(usage, { input: 3, output: 15 })).toBe(300);
  });

  it("counts all of a long prompt by its tier, caches included", () => {
    const long = { above: 200_000, prices: { input: 6, output: 22.5 } };
    const usage = { promptTokens: 200_001, completionTokens: 2, cachedTokens: 200_000 };
    expect(costOf(usage, { ...PRICES, long })).toBe(200_001 * 6 + 45);
    expect(costOf({ ...usage, promptTokens: 200_000 }, { ...PRICES, long })).toBe(200_000 * 0.3 + 30);
  });

  it("is whole, and never less for more", () => {
    const counts = record({ promptTokens: nat(1e7), completionTokens: nat(1e6), cachedTokens: nat(1e6) });
    check(
      property(counts, nat(1000), (usage, more) => {
        const cost = costOf(usage, PRICES);
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(
          costOf({ ...usage, completionTokens: usage.completionTokens + more }, PRICES),
        ).toBeGreaterThanOrEqual(cost);
      }),
    );
  });
});

describe("list prices", () => {
  const OPUS = "anthropic.claude-opus-5-5";
  const ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/";

  it.each([
    [`global.${OPUS}`, { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5, cacheWrite1h: 8 }],
    [`${ARN}global.${OPUS}`, { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5, cacheWrite1h: 8 }],
    [`us.${OPUS}`, { input: 4.4, output: 22, cacheRead: 0.22, cacheWrite: 5.5, cacheWrite1h: 8.8 }],
    ["us.anthropic.claude-haiku-4-5-20251001-v1:0", { input: 1.1, cacheWrite: 1.375, cacheWrite1h: 2.2 }],
    [
      "global.anthropic.claude-sonnet-5-5",
      { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWrite1h: 4 },
    ],
    [
      "us.anthropic.claude-haiku-5-5",
      { input: 0.11, long: { above: 100_000, prices: { input: 0.55, output: 2.75 } } },
    ],
    ["us.xai.grok-4.7", { input: 2.2, output: 6.6, cacheRead: 0.55 }],
    ["openai.gpt-oss-20b-1:0", { input: 0.07, output: 0.3 }],
    ["nvidia.nemotron-nano-9b-v2", { input: 0.06, output: 0.23 }],
    ["global.openai.gpt-5.6-sol", { input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 }],
    [
      "us.openai.gpt-5.6-sol",
      { long: { above: 271_999, prices: { input: 8.8, output: 33, cacheRead: 0.88, cacheWrite: 11 } } },
    ],
  ])("of %s", (model, prices) => {
    expect(listPrices(model)).toMatchObject(prices);
  });

  it.each([
    "global.anthropic.claude-mythos-5-2",
    "acme.model",
    "arn:aws:bedrock:us-east-1:1:imported-model/x",
  ])("none of %s, which is not in the list", (model) => expect(listPrices(model)).toBeUndefined());

  it("give way, one by one, to what is configured", () => {
    const pricesOf = (own: Partial<BedrockTarget>) =>
      factsOf({ ...bedrockTarget(`global.${OPUS}`), ...own }).prices;
    expect(pricesOf({ inputPrice: 1, cacheReadPrice: 0 })).toEqual({
      input: 1,
      output: 20,
      cacheRead: 0,
      cacheWrite: 5,
      cacheWrite1h: 8,
    });
    const hidden = bedrockTarget("arn:aws:bedrock:us-east-1:1:application-inference-profile/x", {
      family: "anthropic",
    });
    expect(factsOf({ ...hidden, inputPrice: 1 }).prices).toBeUndefined();
    expect(factsOf({ ...hidden, inputPrice: 1, outputPrice: 2 }).prices).toEqual({ input: 1, output: 2 });
  });
});
