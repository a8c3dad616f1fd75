/** Regular expressions that take long: told by their form, and found by trying them. */
import { describe, expect, it } from "vitest";
import { hardTexts } from "../../../scripts/config-check/hard-texts.ts";
import { slowAmong } from "../../../scripts/config-check/slow-patterns.ts";
import { inspect } from "../../../scripts/config-check/inspect.ts";
import { patternProblem, slowness } from "../../../src/config/pattern/look.ts";

const SLOW = [
  "(a+)+$",
  "(a*)*b",
  "(a|a)*$",
  "(a|aa)+$",
  "(.*)*x",
  "([a-z]+)*$",
  String.raw`^(\w+\s?)*$`,
  String.raw`^(\d+)*$`,
  "(x+x+)+y",
  "(.*a){20}",
  ".*.*.*=.*",
  String.raw`\w*\w*\w*$`,
  "(a?){30}a{30}",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "(?:a|b|ab)*c",
  "^(?:(?:a|b)+)+$",
  "(a{1,30}){1,30}b",
  String.raw`^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$`,
  String.raw`\s*\s*\s*x`,
  "(a|b|[ab])*c",
  ".*a.*a.*a.*b",
  "a?".repeat(28) + "a".repeat(28),
  `${"(a|a)".repeat(28)}b`,
  "(?:[A-Z]|a)+a+b",
];

const FAST = [
  String.raw`\bSQL\b`,
  "^translate",
  "error.*stack.*trace",
  "(foo|bar).*baz",
  ".*foo.*",
  String.raw`\d{3}-\d{4}`,
  String.raw`^\s*(def|class)\s+\w+`,
  "(?:ab)+c",
  String.raw`https?://\S+`,
  "colou?r",
  '[^"]*"x',
  String.raw`(?:\d{3}-)*\d`,
  "code|python|rust",
  String.raw`(?<year>\d{4})-(?<month>\d\d)`,
  "x(?=y)z|(?<!a)b",
  "日本.*語",
  String.raw`[\]x]+[^\]x]`,
];

const TRIAL = { chars: 500, limitMs: 100 };
const asPattern = (source: string) => ({ source, flags: "i" });

describe("slow patterns", () => {
  it("are refused by their form also where 500 characters are done in time", () => {
    expect(slowness(".*.*=.*")).toEqual(expect.any(String));
  });

  it.each(SLOW)("are refused by their form: %s", (source) => {
    expect(slowness(source)).toEqual(expect.any(String));
  });

  it.each(FAST)("are not this one: %s", (source) => {
    expect(slowness(source)).toBeUndefined();
  });

  it("are found by trying them, and no other", () => {
    const slow = slowAmong([...FAST, ...SLOW, ...FAST].map(asPattern), TRIAL);
    expect(slow.map(({ source }) => source)).toEqual(SLOW);
  }, 240_000);

  it("are refused in the same way however large they are", () => {
    expect(slowness("(".repeat(200) + ")".repeat(200))).toContain("too many groups");
    expect(slowness("x".repeat(5000))).toBeUndefined();
    expect(slowness(`${"[a-z0-9]".repeat(600)}.*`)).toBeUndefined();
  });

  it("say what is wanted instead", () => {
    expect(patternProblem("(a+)+$")).toBe(
      "the pattern repeats a group that itself can be divided in several ways: a text that almost matches could keep the Worker busy; wanted a simpler pattern, several rules, or keywords",
    );
  });

  it("are tried on texts that go on behind what the pattern begins with", () => {
    const texts = hardTexts({ source: "ab[c-e]+f", flags: "" }, 20);
    expect(texts).toContainEqual({ head: "ab", pump: "c", tail: "", chars: 20 });
    expect(texts).toContainEqual({ head: "ab", pump: "c", tail: "!", chars: 20 });
    expect(texts).toContainEqual({ head: "", pump: "abc", tail: "!", chars: 20 });
  });
});

describe("config:check and the build", () => {
  const config = (pattern: string) =>
    JSON.stringify({
      router: { strategy: "rules", rules: [{ regex: pattern, model: "m" }] },
      llms: { m: { provider: "openai" } },
    });

  it("refuse a slow pattern", () => {
    expect(inspect(config("(a+)+$"), () => undefined).problems).toEqual([
      expect.stringMatching(
        /^router\.rules\[0\]\.regex: the pattern .* took more than 100 ms on a text of 500 /,
      ),
    ]);
  });

  it("take one that only looks slow, and say where it would be refused", () => {
    const { problems, warnings } = inspect(config(String.raw`(?:foo\s?)+`), () => undefined);
    expect(problems).toEqual([]);
    expect(warnings.join()).toContain("it is fast enough here, but ROUTER_CONFIG refuses it");
  });
});
