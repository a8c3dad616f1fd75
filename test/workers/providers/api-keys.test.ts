// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/text.ts";
import type { OpenAiTarget } from "../../../src/target.ts";
import { apiKeysFor, missingApiKey } from "../../../src/providers/api-keys.ts";
import { bedrockText, modelText, openAiOf, problemsOf, spyBinding } from "../config/support.ts";

const target = (changes: Partial<OpenAiTarget> = {}): OpenAiTarget => ({
  kind: "openai",
  name: "m",
  provider: "acme",
  model: "m",
  description: "",
  baseUrl: "https://api.example.com/v1",
  chatPath: "/chat/completions",
  auth: "bearer",
  apiKeys: [],
  ...changes,
});

describe("apiKeysFor", () => {
  const full = target({ apiKey: "own", apiKeyEnv: "OWN_ENV", apiKeys: ["shared-1", "shared-2"] });
  const { apiKey: _, ...withoutOwn } = full;
  const { apiKeyEnv: __, ...withoutEnv } = withoutOwn;
  const values = { OWN_ENV: "from-env", ACME_API_KEY: "from-provider" };

  it.each([
    ["the model's api_key", full, ["own"], []],
    ["the binding of api_key_env", withoutOwn, ["from-env"], ["OWN_ENV"]],
    ["api_keys of the provider", withoutEnv, ["shared-1", "shared-2"], []],
    ["the provider's binding", { ...withoutEnv, apiKeys: [] }, ["from-provider"], ["ACME_API_KEY"]],
  ])("takes %s, and reads nothing behind it", (_name, from, keys, reads) => {
    const { binding, read } = spyBinding(values);
    expect(apiKeysFor(from, binding)).toEqual(keys);
    expect(read).toEqual(reads);
  });

  it("passes over empty texts and what is left of a $NAME", () => {
    const { binding } = spyBinding({ OWN_ENV: "$OTHER", ACME_API_KEY: "last" });
    const from = target({ apiKey: "  ", apiKeyEnv: "OWN_ENV", apiKeys: ["", "${NOPE}", "$NOPE", " "] });
    expect(apiKeysFor(from, binding)).toEqual(["last"]);
    expect(apiKeysFor(from, () => undefined)).toEqual([]);
  });

  it("takes only the usable keys of a list", () => {
    expect(apiKeysFor(target({ apiKeys: ["$X", " a\n", "", "b"] }), () => undefined)).toEqual(["a", "b"]);
  });

  it.each([
    ["acme", "ACME_API_KEY"],
    ["together.ai", "TOGETHER_AI_API_KEY"],
    ["my -- server2", "MY_SERVER2_API_KEY"],
  ])("asks for the provider %j at %s", (provider, name) => {
    const { binding, read } = spyBinding({ [name]: "k" });
    expect(apiKeysFor(target({ provider }), binding)).toEqual(["k"]);
    expect(read).toEqual([name]);
  });

  it("sends no key ever with auth_mode none, and reads none", () => {
    const { binding, read } = spyBinding(values);
    expect(apiKeysFor({ ...full, auth: "none" }, binding)).toEqual([]);
    expect(read).toEqual([]);
  });

  it("finds api_keys.<provider> in any case, as a text or a list", () => {
    const text = (keys: string) => `api_keys: {${keys}}\n${modelText("provider: NVIDIA")}`;
    expect(openAiOf(text("Nvidia: one")).apiKeys).toEqual(["one"]);
    expect(openAiOf(text("nvidia: [one, ~, two]")).apiKeys).toEqual(["one", "two"]);
    expect(openAiOf(text("nvidia: one, NVIDIA: two")).apiKeys).toEqual(["one", "two"]);
    expect(openAiOf(text("openai: one")).apiKeys).toEqual([]);
  });

  it("expands keys, and takes one with an unset binding for not set", () => {
    const text = `api_keys: {openai: ["\${A}", "\${B}", "pre-\${B}", "pre-\${A}"]}\n${modelText("api_key: ${B}")}`;
    const from = openAiOf(text, { A: "a" });
    expect(from.apiKey).toBeUndefined();
    expect(from.apiKeys).toEqual(["a", "pre-a"]);
  });
});

describe("missingApiKey", () => {
  it("names every place that was looked at", () => {
    const error = missingApiKey(target({ provider: "together.ai", apiKeyEnv: "OWN_ENV" }));
    expect(error.code).toBe("api_key_missing");
    for (const place of ["api_key,", "OWN_ENV", "api_keys.together.ai", "TOGETHER_AI_API_KEY", '"m"']) {
      expect(error.message).toContain(place);
    }
  });

  it("does not show a key that was written into api_key_env", () => {
    const error = missingApiKey(target({ apiKeyEnv: "gsk_0123456789abcdef" }));
    expect(error.message).not.toContain("gsk_0123456789abcdef");
    const problems = problemsOf(modelText("api_key_env: sk-0123456789"));
    expect(problems.join()).toMatch(/llms\.m\.api_key_env: .* name of a binding/);
    expect(problems.join()).not.toContain("0123456789");
  });
});

describe("auth", () => {
  it.each([
    ["a server elsewhere needs a key", ["provider: openai"], "bearer"],
    ["localhost does not", ["provider: ollama"], "optional"],
    ["a private address does not", ["base_url: http://192.168.0.7/v1"], "optional"],
    ["local: true says so", ["base_url: https://gpu.example.com/v1", "local: true"], "optional"],
    ["local: false says the contrary", ["provider: ollama", "local: no"], "bearer"],
    ["auth_mode: bearer wins over the address", ["provider: ollama", "auth_mode: bearer"], "bearer"],
    ["auth_mode: none wins over the provider", ["provider: openai", "auth_mode: none"], "none"],
    ["auth_mode: auto is the default", ["provider: openai", "auth_mode: auto"], "bearer"],
  ])("%s", (_name, lines, auth) => {
    expect(openAiOf(modelText(...lines)).auth).toBe(auth);
  });
});

describe("a Bedrock target", () => {
  it("never makes the loader read an API key, wherever one is written", () => {
    const provider = fc.constantFrom("bedrock", "Bedrock", "BEDROCK", "aws", "AWS");
    fc.assert(
      fc.property(provider, (name) => {
        const text = [
          `api_keys: {${name}: "\${SHARED_KEY}", openai: ["\${OPENAI_API_KEY}"]}`,
          `router: {model: amazon.nova-micro-v1:0, provider: ${name}}`,
          bedrockText(
            "api_key: ${OWN_KEY}",
            "api_key_env: ENV_KEY",
            "aws_region: ${REGION}",
            "aws_bearer_token: ${TOKEN}",
          ),
        ]
          .join("\n")
          .replace("provider: bedrock", `provider: ${name}`);
        const { binding, read } = spyBinding({ REGION: "eu-west-1", TOKEN: "t" });
        const { targets, warnings } = loadConfig(text, binding);
        expect(targets.map((found) => found.kind)).toEqual(["bedrock"]);
        expect(new Set(read)).toEqual(new Set(["REGION", "TOKEN"]));
        for (const key of ["llms.m.api_key", "llms.m.api_key_env", `api_keys.${name}`]) {
          expect(warnings.some((line) => line.startsWith(`${key} has no effect here`))).toBe(true);
        }
      }),
    );
  });
});
