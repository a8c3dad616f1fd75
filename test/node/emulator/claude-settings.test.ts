import { describe, expect, it } from "vitest";
import {
  assistant,
  BUDGET,
  CACHE,
  emulatedClaude,
  malformed,
  messages,
  result,
  SONNET_4,
  TOOL,
  text,
  tools,
  use,
  user,
} from "./claude.ts";
import { HAIKU_3, OPUS_4_6, OPUS_4_7, SONNET_4_5 } from "./client.ts";

const { refusal, refuses } = emulatedClaude();

describe("shape", () => {
  refuses([
    ["an unknown key", { n: 2 }, malformed("#: extraneous key [n] is not permitted")],
    ["model", { model: "x" }, malformed("#: extraneous key [model] is not permitted")],
    ["stream", { stream: true }, malformed("#: extraneous key [stream] is not permitted")],
    ["null", { temperature: null }, malformed("#/temperature: expected type: Number, found: Null")],
    ["a wrong type", { max_tokens: "9" }, malformed("#/max_tokens: expected type: Integer, found: String")],
    ["a fraction", { max_tokens: 1.5 }, malformed("#/max_tokens: expected type: Integer, found: BigDecimal")],
    ["no max_tokens", { max_tokens: undefined }, malformed("#: required key [max_tokens] not found")],
    ["max_tokens 0", { max_tokens: 0 }, malformed("#/max_tokens: 0 is not greater or equal to 1")],
    [
      "no version",
      { anthropic_version: undefined },
      malformed("#: required key [anthropic_version] not found"),
    ],
    ["temperature 1.5", { temperature: 1.5 }, malformed("#/temperature: 1.5 is not less or equal to 1")],
    ["temperature -1", { temperature: -1 }, malformed("#/temperature: -1 is not greater or equal to 0")],
    [
      "messages that are no list",
      { messages: {} },
      malformed("#/messages: expected type: JSONArray, found: JSONObject"),
    ],
    [
      "an unknown key in a message",
      messages({ ...user(text("x")), name: "me" }),
      malformed("#/messages/0: extraneous key [name] is not permitted"),
    ],
    [
      "an unknown block",
      messages(user({ type: "image_url" })),
      malformed("#/messages/0/content/0/type: image_url is not a valid enum value"),
    ],
    [
      "an image by URL",
      messages(user({ type: "image", source: { type: "url", url: "https://example.com/" } })),
      malformed("#/messages/0/content/0/source/type: url is not a valid enum value"),
    ],
    [
      "arguments that are no object",
      messages(user(text("x")), assistant(use("a", { input: "{}" })), user(result("a"))),
      malformed("#/messages/1/content/0/input: expected type: JSONObject, found: String"),
    ],
    [
      "two things at once",
      { n: 2, top_k: true },
      malformed("#: extraneous key [n] is not permitted#/top_k: expected type: Integer, found: Boolean"),
    ],
    [
      "effort inside thinking",
      { thinking: { type: "adaptive", effort: "low" } },
      malformed("#/thinking: extraneous key [effort] is not permitted"),
      OPUS_4_6,
    ],
    [
      "thinking where there is none",
      { ...BUDGET },
      malformed("#: extraneous key [thinking] is not permitted"),
      HAIKU_3,
    ],
    [
      "output_config where there is none",
      { output_config: { effort: "low" } },
      malformed("#: extraneous key [output_config] is not permitted"),
      SONNET_4,
    ],
    [
      "format where there is none",
      { output_config: { format: { type: "json_schema", schema: {} } } },
      /extraneous key \[format\]/,
      OPUS_4_7,
    ],
    [
      "xhigh before 4.7",
      { output_config: { effort: "xhigh" } },
      /#\/output_config\/effort: xhigh is not a valid enum value/,
      OPUS_4_6,
    ],
    [
      "the parallel switch on Claude 3",
      { ...tools(TOOL), tool_choice: { type: "auto", disable_parallel_tool_use: true } },
      /extraneous key \[disable_parallel_tool_use\]/,
      HAIKU_3,
    ],
    [
      "strict before structured output",
      tools({ ...TOOL, strict: true }),
      /extraneous key \[strict\]/,
      SONNET_4,
    ],
  ]);
});

describe("limits and sampling", () => {
  const both = { temperature: 0.5, top_p: 0.5 };
  refuses([
    ["another version", { anthropic_version: "2023-06-01" }, "Invalid API version: 2023-06-01"],
    [
      "more tokens than the model gives",
      { max_tokens: 4097 },
      "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.",
      HAIKU_3,
    ],
    [
      "a blank stop sequence",
      { stop_sequences: ["x", "\n"] },
      "stop_sequences: each stop sequence must contain non-whitespace",
    ],
    [
      "temperature and top_p on 4.5",
      both,
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ],
    ["temperature on 4.7", { temperature: 1 }, "`temperature` is deprecated for this model.", OPUS_4_7],
    ["top_p on 5", { top_p: 1 }, "`top_p` is deprecated for this model.", "us.anthropic.claude-sonnet-5"],
    ["top_k on 4.7", { top_k: 5 }, "`top_k` is deprecated for this model.", OPUS_4_7],
  ]);

  it("takes both on Sonnet 4 and the full output of each model", async () => {
    expect(await refusal(both, SONNET_4)).toMatchObject({ status: 200 });
    expect(await refusal({ max_tokens: 64_000 }, SONNET_4_5)).toMatchObject({ status: 200 });
    expect(await refusal({ max_tokens: 128_000 }, OPUS_4_6)).toMatchObject({ status: 200 });
  });
});

describe("thinking", () => {
  const forced = { ...tools(TOOL), tool_choice: { type: "any" } };
  refuses([
    [
      "a budget below 1024",
      { ...BUDGET, thinking: { type: "enabled", budget_tokens: 1000 } },
      "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ],
    [
      "a budget of max_tokens",
      { ...BUDGET, max_tokens: 1024 },
      "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ],
    [
      "adaptive before 4.6",
      { thinking: { type: "adaptive" } },
      "adaptive thinking is not supported on this model",
    ],
    [
      "a budget on 4.7",
      BUDGET,
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
      OPUS_4_7,
    ],
    [
      "disabled where a model always thinks",
      { thinking: { type: "disabled" } },
      /^"thinking\.type\.disabled" is not supported/,
      "us.anthropic.claude-opus-5-5",
    ],
    [
      "a temperature",
      { ...BUDGET, temperature: 0.5 },
      "`temperature` may only be set to 1 when thinking is enabled.",
    ],
    [
      "a low top_p",
      { ...BUDGET, top_p: 0.5 },
      "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.",
    ],
    ["top_k", { ...BUDGET, top_k: 5 }, "`top_k` must be unset when thinking is enabled."],
    [
      "a forced call",
      { ...BUDGET, ...forced },
      "Thinking may not be enabled when tool_choice forces tool use.",
    ],
    [
      "an unsigned thought",
      messages(
        user(text("x")),
        assistant({ type: "thinking", thinking: "hm", signature: "made up" }, text("y")),
        user(text("z")),
      ),
      "messages.1.content.0: Invalid `signature` in `thinking` block",
    ],
    [
      "a tool loop without its thought",
      { ...BUDGET, ...messages(user(text("x")), assistant(use("a")), user(result("a"))) },
      /^messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`\./,
    ],
  ]);

  it("takes an earlier turn without thoughts", async () => {
    const body = messages(user(text("x")), assistant(text("y")), user(text("z")));
    expect(await refusal({ ...BUDGET, ...body }, SONNET_4_5)).toMatchObject({ status: 200 });
  });
});

describe("caching", () => {
  const five = messages(user(...[1, 2, 3, 4, 5].map(() => text("x", CACHE))));
  const hour = text("x", { cache_control: { type: "ephemeral", ttl: "1h" } });
  refuses([
    ["five breakpoints", five, "A maximum of 4 blocks with cache_control may be provided. Found 5."],
    [
      "an hour after five minutes",
      messages(user(text("x", CACHE), hour)),
      /^a ttl='1h' cache_control block must not come after a ttl='5m'/,
    ],
    [
      "another lifetime",
      messages(user(text("x", { cache_control: { type: "ephemeral", ttl: "2h" } }))),
      /2h is not a valid enum value/,
    ],
  ]);

  it("refuses any breakpoint on a model without a cache", async () => {
    const { status, message } = await refusal(messages(user(text("x", CACHE))), HAIKU_3);
    expect([status, message]).toEqual([403, expect.stringContaining("did not allow prompt caching")]);
    expect(await refusal(messages(user(hour, text("x", CACHE))), SONNET_4_5)).toMatchObject({ status: 200 });
  });
});

describe("models", () => {
  const arn = "arn:aws:bedrock:us-east-1:123456789012:";
  refuses([
    ["an unknown one", {}, "The provided model identifier is invalid.", "anthropic.claude-9"],
    [
      "one of no emulated family",
      {},
      "The provided model identifier is invalid.",
      "stability.sd3-5-large-v1:0",
    ],
    ["an unknown prefix", {}, "The provided model identifier is invalid.", "mars.anthropic.claude-opus-5"],
    [
      "one that needs a profile",
      {},
      "Invocation of model ID anthropic.claude-sonnet-4-5-20250929-v1:0 with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
      "anthropic.claude-sonnet-4-5-20250929-v1:0",
    ],
    [
      "its ARN",
      {},
      /on-demand throughput isn\u2019t supported/,
      "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-7",
    ],
    ["too long a prompt", { system: "x".repeat(800_001) }, "Input is too long for requested model.", HAIKU_3],
  ]);

  it("answers 404 for a retired one", async () => {
    expect(await refusal({}, "anthropic.claude-v2:1")).toMatchObject({ status: 404 });
  });

  it.each([
    HAIKU_3,
    `us.${HAIKU_3}`,
    `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU_3}`,
    `${arn}inference-profile/eu.anthropic.claude-opus-5`,
    `${arn}application-inference-profile/a1b2c3d4e5f6`,
    `${arn}provisioned-model/a1b2c3d4e5f6`,
    "global.anthropic.claude-mythos-1",
  ])("takes %s", async (model) => {
    expect(await refusal({}, model)).toMatchObject({ status: 200 });
  });
});
