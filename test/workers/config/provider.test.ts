import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isAnthropic,
  isBedrock,
  isWorkersAi,
  isLocalUrl,
  KNOWN_PROVIDERS,
  knownBaseUrl,
} from "../../../src/config/provider.ts";

const anyCase = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((upper) => [...word].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(""));
const blanks = fc.stringMatching(/^[ \t\n]{0,3}$/);

describe("isBedrock", () => {
  it("takes bedrock and aws in any case, white space around ignored", () => {
    const words = fc.constantFrom("bedrock", "aws").chain(anyCase);
    fc.assert(
      fc.property(blanks, words, blanks, (before, word, after) => isBedrock(`${before}${word}${after}`)),
    );
  });

  it.each([undefined, null, "", "   ", 0, 1, true, [], ["bedrock"], {}, new Map([["bedrock", 1]])])(
    "is not Bedrock: %j",
    (value) => expect(isBedrock(value)).toBe(false),
  );

  it("is not Bedrock for any other value", () => {
    const other = fc.oneof(
      fc.anything(),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("openai", "bedrock2", "aws-bedrock", "amazon", "bed rock", "ａｗｓ", "bedroc\u212a"),
    );
    fc.assert(
      fc.property(other, (value) => {
        fc.pre(
          typeof value !== "string" ||
            !["bedrock", "aws"].includes(value.trim().toLowerCase()) ||
            /\u212a/.test(value),
        );
        return !isBedrock(value);
      }),
    );
  });
});

describe("knownBaseUrl", () => {
  it("knows providers whatever the case of their names", () => {
    expect(knownBaseUrl("OpenAI")).toBe("https://api.openai.com/v1");
    expect(knownBaseUrl(" NVIDIA ")).toBe("https://integrate.api.nvidia.com/v1");
    expect(knownBaseUrl("ollama")).toBe("http://localhost:11434/v1");
  });

  it.each(["constructor", "__proto__", "toString", "", "acme"])("does not know %j", (name) => {
    expect(knownBaseUrl(name)).toBeUndefined();
  });

  it("has only addresses that a path can be appended to", () => {
    const own = [isBedrock, isAnthropic, isWorkersAi];
    const addresses = KNOWN_PROVIDERS.filter((name) => own.every((is) => !is(name))).map((name) =>
      knownBaseUrl(name),
    );
    expect(addresses.length).toBeGreaterThan(15);
    for (const address of addresses) expect(address).toMatch(/^https?:\/\/[^/?#@ ]+(\/[^/?#@ ]+)*$/);
  });
});

describe("isLocalUrl", () => {
  it.each([
    "http://localhost:11434/v1",
    "http://LOCALHOST./v1",
    "http://api.localhost",
    "http://127.0.0.1:8000",
    "http://127.9.9.9",
    "http://0x7f.1/v1",
    "http://[::1]:8080/v1",
    "http://gpu.local/v1",
    "http://10.1.2.3",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "http://192.168.1.20",
    "http://169.254.1.1",
    "http://[fd00::1]/v1",
    "http://[fe80::1]/v1",
  ])("%s is local", (url) => expect(isLocalUrl(url)).toBe(true));

  it.each([
    "https://api.openai.com/v1",
    "https://localhost.example.com",
    "https://local",
    "https://10.example.com",
    "http://172.15.0.1",
    "http://172.32.0.1",
    "http://192.169.0.1",
    "http://128.0.0.1",
    "http://[2001:db8::1]",
    "https://127.0.0.1.example.com",
    "not a url",
    "",
  ])("%s is not local", (url) => expect(isLocalUrl(url)).toBe(false));
});
