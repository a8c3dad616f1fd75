// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bedrockText, load, modelText, problemsOf } from "./support.ts";

const GOOD = modelText("provider: openai");

/** Letters and digits take turns, so that no part of a secret can be taken for a word of the message. */
const secret = fc
  .array(fc.tuple(fc.constantFrom(..."kqvwxzKQVWXZ"), fc.constantFrom(..."0123456789")), {
    minLength: 14,
    maxLength: 20,
  })
  .map((pairs) => pairs.flat().join(""));
const WINDOW = 10;

/** Whether any ten characters in a row of the secret are in the text. */
function leaks(text: string, value: string): boolean {
  return Array.from({ length: value.length - WINDOW + 1 }, (_, i) => value.slice(i, i + WINDOW)).some(
    (part) => text.includes(part),
  );
}

const SECRET_FILES: ((value: string) => string)[] = [
  (value) => modelText("description: d", `api_key: ${value}`, "max_tokens: 5", "provider: openai"),
  (value) => modelText(`api_key: "${value}"`, "timeout: 5", "base_url: https://a.example"),
  (value) =>
    `router: {strategy: random}\napi_keys:\n  openai: ${value}\n  nvidia:\n    - ${value}\n    - '${value}'\n${GOOD}`,
  (value) =>
    bedrockText(
      "cache: auto",
      `aws_access_key_id: ${value}`,
      `aws_secret_access_key: ${value}`,
      "api: native",
    ),
  (value) =>
    bedrockText(
      `aws_session_token: ${value}`,
      "family: nova",
      `aws_bearer_token: ${value}`,
      "performance: standard",
    ),
  (value) =>
    `{llms: {m: {provider: openai, api_key: ${value}, max_tokens: 5}}, api_keys: {openai: [${value}]}}`,
  (value) => `security: {inbound_api_key: ${value}}\n${GOOD}`,
];

/** A slip of the finger: something typed, something deleted, two lines swapped. */
const fault = fc.record({
  kind: fc.constantFrom("insert", "delete", "swap"),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 1, max: 6 }),
  typed: fc.constantFrom(..." \n\t:-,[]{}\"'#&*!|>%@`x0", "\n    ", ": ", "\n  oops: ", "- "),
});

function damage(
  text: string,
  { kind, at, length, typed }: typeof fault extends fc.Arbitrary<infer T> ? T : never,
): string {
  const place = Math.floor(at * text.length);
  if (kind === "insert") return text.slice(0, place) + typed + text.slice(place);
  if (kind === "delete") return text.slice(0, place) + text.slice(place + length);
  const lines = text.split("\n");
  const row = Math.floor(at * lines.length);
  const [line = ""] = lines.splice(row, 1);
  lines.splice((row + length) % (lines.length + 1), 0, line);
  return lines.join("\n");
}

describe("secrets", () => {
  const said = (text: string, values = {}): string => {
    const problems = problemsOf(text, values);
    return (problems.length > 0 ? problems : load(text, values).warnings).join("\n");
  };

  it("are in no message, whatever is wrong with the file around them", () => {
    const faults = fc.array(fault, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...SECRET_FILES), secret, faults, (write, value, list) => {
        const text = list.reduce(damage, write(value));
        expect(leaks(said(text), value), `${said(text)}\nfor\n${text}`).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it("that came from bindings are in no message, in whatever field", () => {
    const fields = [
      "api_key",
      "aws_access_key_id",
      "aws_secret_access_key",
      "aws_session_token",
      "aws_bearer_token",
      "aws_region",
      "base_url",
      "description",
      "model",
      "max_tokens",
      "timeout",
      "auth_mode",
      "guardrail",
      "oops",
    ];
    const around = fc.constantFrom(
      "${S}",
      "https://${S}/v1",
      "https://${S}:x/",
      "https://a.example/?k=${S}",
      "[${S}]",
      "x ${S} y",
      "$${S}",
    );
    const line = fc.tuple(fc.constantFrom(...fields), around).map(([key, value]) => `${key}: "${value}"`);
    const lines = fc.uniqueArray(line, {
      minLength: 1,
      maxLength: 6,
      selector: (text) => text.split(":")[0],
    });
    fc.assert(
      fc.property(
        fc.constantFrom("bedrock", "openai", "acme"),
        lines,
        secret,
        fc.constantFrom("", " ", "\u00e9", "@"),
        (provider, set, value, tail) => {
          const text = `api_keys: {acme: "\${S}"}\n${modelText(`provider: ${provider}`, ...set)}`;
          expect(leaks(said(text, { S: value + tail }), value)).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a scalar in place of the mapping", "llms: sk-12345678901"],
    ["a key under llms", "llms: {api_key: sk-12345678901}"],
    ["api_keys as a text", `api_keys: sk-12345678901\n${GOOD}`],
    ["a mapping in place of the key", modelText("api_key: {sk-12345678901: x}")],
    ["a missing space", "llms: {m: {api_key:sk-12345678901}}"],
    ["a missing space in a name", "llms: {'api_key:sk-12345678901': {max_tokens: x}}"],
    ["a comma in the key", "llms: {m: {api_key: sk-1,12345678901}}"],
    ["a misspelt key field", modelText("api_kye: sk-12345678901")],
    ["the key in api_key_env", modelText("api_key_env: sk-12345678901")],
    ["a line that became part of the one before", modelText("max_tokens: 5", "  api_key sk-12345678901")],
    ["an unknown anchor", modelText("api_key: *sk-12345678901")],
    ["an unknown tag", modelText("api_key: !sk-12345678901")],
    ["an unclosed quote", modelText("api_key: 'sk-12345678901")],
    ["the password of a URL", modelText("base_url: https://u:sk-12345678901@a.example")],
    ["the query of a URL", modelText("base_url: https://a.example/?key=sk-12345678901")],
    ["a key in the field of something else", modelText("max_tokens: sk-12345678901")],
    ["an AWS key in the field of something else", modelText("timeout: AKIA12345678901AAAAA")],
    [
      "a long random word in the field of something else",
      modelText("input_price: ab12345678901cd12345678901ef12345678901gh"),
    ],
    ["a list in place of a webhook's text", `serve: {webhook: [https://hooks.example/12345678901]}\n${GOOD}`],
  ])("are not shown: %s", (_name, text) => {
    expect(said(text)).not.toContain("12345678901");
  });
});

describe("${NAME} where nothing is put in", () => {
  const bedrock = (...lines: string[]) => bedrockText(...lines);
  it.each([
    ["llms.m.model", modelText("provider: openai", 'model: "${MODEL}"')],
    ["llms.m.model", modelText("provider: bedrock", 'model: "${MODEL}"', "family: anthropic")],
    ["llms.m.model", modelText("provider: bedrock", 'model: "arn:${MODEL}"', "api: converse")],
    ["llms.m.description", modelText('description: "for ${MODEL}"')],
    ["llms.m.family", bedrock('family: "${MODEL}"')],
    ["llms.m.guardrail.id", bedrock('guardrail: {id: "${MODEL}", version: 1}')],
    ["llms.m.chat_path", modelText('chat_path: "/${MODEL}/chat"')],
    ["router.strategy", `router: {strategy: "\${MODEL}"}\n${GOOD}`],
    ["router.fallback_models[0]", `router: {fallback_models: ["\${MODEL}"]}\n${GOOD}`],
    ["serve.cors_origins", `serve: {cors_origins: "\${MODEL}"}\n${GOOD}`],
    ['llms["${MODEL}"]', 'llms: {"${MODEL}": {provider: openai}}'],
  ])("is a mistake that names the field: %s", (path, text) => {
    const line = problemsOf(text, { MODEL: "m-1" }).find((problem) => problem.startsWith(`${path}: `));
    expect(line).toContain("${MODEL} is not replaced here, only in base_url, aws_region, api_key");
  });

  it("is plain text in what rules look for", () => {
    const rules = 'rules: [{keywords: ["${HOME}"], model: m}, {regex: "${HOME}", model: m}]';
    expect(problemsOf(`router: {strategy: rules, ${rules}}\n${GOOD}`)).toEqual([]);
  });
});
