import { describe, expect, it } from "vitest";
import { isCounted, limitsOf } from "../../../src/chat/key-limits.ts";
import { loadConfig } from "../../../src/config/text.ts";
import { clientNote } from "../../../src/http/client-keys.ts";
import { bedrockText, load, problemsOf, spyBinding } from "./support.ts";

const withKeys = (keys: object, llm: object = {}) =>
  JSON.stringify({ llms: { m: { provider: "bedrock", model: "amazon.nova-lite-v1:0", ...llm } }, keys });

describe("keys", () => {
  it("are read in whole micro-dollars and milliseconds", () => {
    const alice = {
      ...{ models: ["m"], money_day: 0.1, money_month: 2.5, requests_minute: 3, tokens_minute: 4 },
      ...{ expires: "2027-01-31T01:00:00+01:00", tags: "team-a", disabled: false },
    };
    const { keys, warnings } = load(withKeys({ alice, "*": { requests_minute: 9 }, "**": {} }));
    expect(limitsOf(keys, "alice")).toEqual([
      {
        ...{ models: ["m"], moneyDay: 100_000, moneyMonth: 2_500_000, requestsMinute: 3, tokensMinute: 4 },
        ...{ expires: Date.UTC(2027, 0, 31), tags: ["team-a"], disabled: false },
      },
      {},
    ]);
    expect(limitsOf(keys, "bob")).toEqual([{ requestsMinute: 9 }, {}]);
    expect(warnings).toEqual([]);
  });

  it("limit nothing unless they are written", () => {
    const { keys } = load(bedrockText());
    expect(limitsOf(keys, "alice")).toEqual([]);
    expect(isCounted({ models: [], tags: [], expires: 1, disabled: true })).toBe(false);
    expect(isCounted({ requestsMinute: 0 })).toBe(true);
  });

  it.each([
    [{ "a b": {} }, /keys\["a b"\].*name is not valid/],
    [{ a: { money_day: -1 } }, /keys\.a\.money_day.*US dollars/],
    [{ a: { requests_minute: 1.5 } }, /keys\.a\.requests_minute.*whole number/],
    [{ a: { expires: "tomorrow" } }, /keys\.a\.expires.*2027-01-31/],
    [{ a: { expires: "2027-13-01" } }, /keys\.a\.expires/],
    [{ a: { tags: ["a b"] } }, /keys\.a\.tags/],
    [{ a: { money_moth: 1 } }, /money_moth.*nearest valid key is "money_month"/],
    [{ a: 5 }, /keys\.a: a number stands here/],
  ])("%j is a problem", (keys, says) => {
    expect(problemsOf(withKeys(keys)).join("\n")).toMatch(says);
  });

  it("with limits may use no model whose answers nobody reads", () => {
    const unread = { provider: "acme", model: "x", base_url: "https://acme.example/v1", usage: "unread" };
    expect(problemsOf(withKeys({ a: { money_day: 1 } }, unread))).toEqual([
      expect.stringMatching(/keys\.a: has limits and may use "m".*llms\.m\.usage: read.*keys\.a\.models/),
    ]);
    expect(problemsOf(withKeys({ a: { tags: ["x"] } }, unread))).toEqual([]);
    expect(problemsOf(withKeys({ a: { money_day: 1, models: ["other"] } }, unread))).toEqual([]);
  });

  it("warn of patterns that stand for no model", () => {
    const { warnings } = load(withKeys({ a: { models: ["n", "m*"] } }));
    expect(warnings).toEqual([
      expect.stringMatching(/keys\.a\.models.*names "n", which stands for no model.*nearest is "m"/),
    ]);
  });
});

describe("a name that no key has", () => {
  const warningsOf = (values: Record<string, string>, ...names: string[]) => {
    const { binding } = spyBinding(values);
    const text = withKeys(Object.fromEntries(names.map((name) => [name, {}])));
    return loadConfig(text, binding, { client: clientNote(binding) }).warnings;
  };
  const KEYS = { ROUTER_API_KEYS: "alice=sk-0123456789abcdef", ROUTER_API_KEYS_2: "sk-1123456789abcdef" };

  it("is a warning", () => {
    expect(warningsOf(KEYS, "alice", "*", "**", "bbbbbbbbbbbb", "bob")).toEqual([
      "keys.bob has no effect: no key in ROUTER_API_KEYS has the name bob",
    ]);
  });

  it("is none where the keys are not at hand", () => {
    expect(warningsOf({}, "bob")).toEqual([]);
  });

  it("is any but the callers' own where no key is needed", () => {
    expect(warningsOf({ ROUTER_AUTH: "none" }, "local", "bob")).toEqual([expect.stringMatching(/keys\.bob/)]);
    expect(warningsOf({ ROUTER_AUTH: "none-public" }, "local", "public")).toEqual([
      expect.stringMatching(/keys\.local.*called public/),
    ]);
  });
});
