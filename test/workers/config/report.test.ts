// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import { describe, expect, it } from "vitest";
import { modelText, problemsOf } from "./support.ts";

const GOOD = modelText("provider: openai");
const MODEL_ID = "global\\.anthropic\\.claude-";

describe("problems", () => {
  it.each([
    // Shape of the file
    ["an empty text", "", /^the file: the configuration is empty/],
    ["comments only", "# nothing\n", /^the file: the configuration is empty/],
    ["null", "~", /^the file: the configuration is empty/],
    ["a list", "- llms", /^the file: a list stands here; wanted a mapping/],
    ["a text", "llms", /^the file: a text stands here; wanted a mapping/],
    ["no models", "serve: {}", /^llms: no models are configured/],
    ["an empty llms", "llms: {}", /^llms: no models are configured/],
    ["llms as a list", "llms: [a]", /^llms: a list stands here; wanted a mapping/],
    ["a model as a text", "llms: {a: b}", /^llms\.a: a text stands here; wanted a mapping/],
    ["llms and models", "llms: {a: {}}\nmodels: {b: {}}", /^models: stands beside llms/],
    ["a mapping as a key", `{? {a: 1} : 2, llms: {a: {}}}`, /^the file: a mapping is used as a key/],
    // Values
    [
      "a text for a count",
      modelText("max_tokens: lots"),
      /^llms\.m\.max_tokens: "lots" is not valid; wanted a whole number from 1/,
    ],
    ["a quoted count", modelText('max_tokens: "4096"'), /^llms\.m\.max_tokens: "4096" is not valid/],
    ["a broken count", modelText("context_limit: 1.5"), /^llms\.m\.context_limit: 1\.5 is not valid/],
    ["a zero count", modelText("max_tokens: 0"), /^llms\.m\.max_tokens: 0 is not valid/],
    [
      "a negative price",
      modelText("input_price: -1"),
      /^llms\.m\.input_price: -1 is not valid; wanted a number from 0/,
    ],
    ["an infinite price", modelText("output_price: .inf"), /^llms\.m\.output_price: Infinity is not valid/],
    [
      "a list for a text",
      modelText("description: [a]"),
      /^llms\.m\.description: a list is not valid; wanted a text/,
    ],
    [
      "a number for a provider",
      modelText("provider: 5"),
      /^llms\.m\.provider: 5 is not valid; wanted a text/,
    ],
    [
      "a span without unit",
      `router: {timeout: "15"}\n${GOOD}`,
      /^router\.timeout: "15" is not valid; wanted seconds/,
    ],
    ["a span of zero", `router: {deadline: 0}\n${GOOD}`, /^router\.deadline: 0 is not valid/],
    [
      "a span beyond a timer",
      `router: {deadline: 30d}\n${GOOD}`,
      /^router\.deadline: "30d" is not valid; .*at most 24d/,
    ],
    [
      "an unknown size unit",
      `serve: {max_body_bytes: 8MX}\n${GOOD}`,
      /^serve\.max_body_bytes: "8MX" is not valid/,
    ],
    [
      "maybe for a boolean",
      `serve: {show_model_prefix: maybe}\n${GOOD}`,
      /^serve\.show_model_prefix: "maybe" is not valid; wanted true or false/,
    ],
    [
      "1 for a boolean",
      `serve: {show_model_prefix: 1}\n${GOOD}`,
      /^serve\.show_model_prefix: 1 is not valid/,
    ],
    [
      "a path in an origin",
      `serve: {cors_origins: "https://a.example/x"}\n${GOOD}`,
      /^serve\.cors_origins: "https:\/\/a\.example\/x" is not valid/,
    ],
    [
      "origin null",
      `serve: {cors_origins: ["null"]}\n${GOOD}`,
      /^serve\.cors_origins\[0\]: "null" is not valid/,
    ],
    [
      "a wrong word",
      `serve: {unknown_model: rejects}\n${GOOD}`,
      /wanted one of route, reject; the nearest is "reject"$/,
    ],
    [
      "a wrong strategy",
      `router: {strategy: round-robin}\n${GOOD}`,
      /^router\.strategy: "round-robin" .*; the nearest is "round_robin"$/,
    ],
    [
      "strategy llmrouter",
      `router: {strategy: llmrouter}\n${GOOD}`,
      /^router\.strategy: "llmrouter" .* use knn, which takes their data, or llm/,
    ],
    [
      "too many retries",
      `router: {retry: -1}\n${GOOD}`,
      /^router\.retry: -1 is not valid; .*\{attempts, base_ms, max_ms\}$/,
    ],
    [
      "pauses that shrink",
      `router: {retry: {base_ms: 9, max_ms: 8}}\n${GOOD}`,
      /^router\.retry\.base_ms: 9 is more than max_ms \(8\)/,
    ],
    [
      "a lease of zero",
      `router: {round_robin: {lease: 0}}\n${GOOD}`,
      /^router\.round_robin\.lease: 0 is not valid/,
    ],
    // Names
    ["a model named auto", "llms: {auto: {}}", /^llms\.auto: the name auto is reserved/],
    [
      "a name with a newline",
      'llms: {"a\\nb": {}}',
      /^llms\["a\\nb"\]: the name is not valid; wanted printable ASCII/,
    ],
    ["a name with spaces around", 'llms: {" a": {}}', /^llms\[" a"\]: the name is not valid/],
    ["a name beyond ASCII", "llms: {größe: {}}", /^llms\["größe"\]: the name is not valid/],
    ["an empty name", 'llms: {"": {}}', /^llms\[""\]: the name is not valid/],
    [
      "a weight of nobody",
      `router: {weights: {n: 1}}\n${GOOD}`,
      /^router\.weights\.n: there is no model "n" under llms; the nearest is "m"/,
    ],
    [
      "a negative weight",
      `router: {weights: {m: -1}}\n${GOOD}`,
      /^router\.weights\.m: -1 is not valid; wanted a number from 0/,
    ],
    ["all weights 0", `router: {weights: {m: 0}}\n${GOOD}`, /^router\.weights: every model has the weight 0/],
    [
      "an unknown fallback",
      `router: {fallback_models: [m, n]}\n${GOOD}`,
      /^router\.fallback_models: there is no model "n"/,
    ],
    [
      "an unknown router model",
      `router: {model: n}\n${GOOD}`,
      /^router\.model: there is no model "n" .*router\.provider or router\.base_url/,
    ],
    ["a router model without its id", `router: {provider: openai}\n${GOOD}`, /^router\.model: missing/],
    [
      "a Bedrock router model without its id",
      `router: {provider: aws}\n${GOOD}`,
      new RegExp(`^router\\.model: missing; .*${MODEL_ID}`),
    ],
    // Rules
    [
      "a rule for nobody",
      `router: {rules: [{keywords: [a], model: n}]}\n${GOOD}`,
      /^router\.rules\[0\]\.model: there is no model "n"/,
    ],
    [
      "a default of nobody",
      `router: {rules: [{default: n}]}\n${GOOD}`,
      /^router\.rules\[0\]\.default: there is no model "n"/,
    ],
    [
      "a rule without model",
      `router: {rules: [{keywords: [a]}]}\n${GOOD}`,
      /^router\.rules\[0\]\.model: missing/,
    ],
    [
      "a rule without condition",
      `router: {rules: [{model: m}]}\n${GOOD}`,
      /^router\.rules\[0\]: the rule has no condition/,
    ],
    [
      "a default with conditions",
      `router: {rules: [{default: m, keywords: [a]}]}\n${GOOD}`,
      /^router\.rules\[0\]: default stands beside/,
    ],
    [
      "an empty keyword",
      `router: {rules: [{keywords: [a, ""], model: m}]}\n${GOOD}`,
      /^router\.rules\[0\]\.keywords: an empty keyword/,
    ],
    [
      "a number as keyword",
      `router: {rules: [{keywords: [a, 4], model: m}]}\n${GOOD}`,
      /^router\.rules\[0\]\.keywords\[1\]: 4 is not valid/,
    ],
    [
      "a broken expression",
      `router: {rules: [{regex: "(", model: m}]}\n${GOOD}`,
      /^router\.rules\[0\]\.regex: "\(" is not valid/,
    ],
    [
      "bounds that cross",
      `router: {rules: [{min_chars: 9, max_chars: 1, model: m}]}\n${GOOD}`,
      /^router\.rules\[0\]\.min_chars: 9 is more/,
    ],
    [
      "rules as a mapping",
      `router: {rules: {default: m}}\n${GOOD}`,
      /^router\.rules: a mapping stands here; wanted a list/,
    ],
  ])("%s", (_name, text, line) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(line)]);
  });

  it("are listed all at once, each on its own line with its path", () => {
    const text = `serve: {hosst: 1, unknown_model: x}
router: {strategy: x, weights: {n: -1}, fallback_models: [n]}
llms:
  a: {provider: bedrock, max_tokens: x, max_token: 1}
  a: {provider: bedrock, max_tokens: x, max_token: 1}
  auto: {base_url: x}
wat: 1`;
    expect(
      problemsOf(text)
        .map((line) => line.slice(0, line.indexOf(": ")))
        .sort(),
    ).toEqual(
      [
        ...[
          "line 5, column 3",
          "serve.hosst",
          "serve.unknown_model",
          "router.strategy",
          "router.weights.n",
          "router.weights.n",
        ],
        ...[
          "router.fallback_models",
          "llms.a.model",
          "llms.a.max_tokens",
          "llms.a.max_token",
          "llms.auto",
          "llms.auto.base_url",
          "wat",
        ],
      ].sort(),
    );
  });
});
