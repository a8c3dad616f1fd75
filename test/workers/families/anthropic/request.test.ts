/** What a request's parameters become: length, sampling, thinking, caching. */
import { describe, expect, it } from "vitest";
import {
  called,
  encode,
  OPUS_4_6,
  OPUS_4_7,
  OPUS_5_5,
  refused,
  SONNET_3_5,
  SONNET_4,
  SONNET_4_5,
  tool,
} from "../../../support/claude-requests.ts";

describe("the body", () => {
  it("is exactly this for a plain request", () => {
    const { body, operation, dropped, headers } = encode(SONNET_4, {
      model: "auto",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
      ],
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      stop: "END",
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(body).toEqual({
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: 100,
      system: [{ type: "text", text: "Be brief." }],
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ["END"],
    });
    expect([operation, dropped, headers]).toEqual(["invoke-with-response-stream", [], undefined]);
  });

  it("holds no key without a value", () => {
    const { body, operation } = encode(SONNET_4, {});
    expect(Object.keys(body).sort()).toEqual(["anthropic_version", "max_tokens", "messages"]);
    expect(operation).toBe("invoke");
  });
});

describe("output length, stop and sampling", () => {
  it("asks for 4096 tokens where nobody says", () => {
    expect(encode(SONNET_4, {}).body.max_tokens).toBe(4096);
  });

  it("clamps to what the model can put out", () => {
    const { body, dropped } = encode(SONNET_3_5, { max_completion_tokens: 100_000 });
    expect([body.max_tokens, dropped]).toEqual([8192, ["max_completion_tokens"]]);
  });

  it("cuts the answer itself at stop sequences of white space only", () => {
    const { body, dropped, whole } = encode(SONNET_4, { stop: ["\n\n", "END", ""] });
    expect([body.stop_sequences, dropped]).toEqual([["END"], []]);
    const content = [{ type: "text", text: "a\n\nb" }];
    const answer = { type: "message", content, stop_reason: "end_turn", usage: {} };
    expect(whole(answer, new Headers())[0]).toEqual({ type: "text", text: "a" });
    expect(encode(SONNET_4, { stop: "\n" }).body).not.toHaveProperty("stop_sequences");
  });

  it("clamps the temperature to 1", () => {
    const { body, dropped } = encode(SONNET_4, { temperature: 1.7 });
    expect([body.temperature, dropped]).toEqual([1, ["temperature"]]);
    expect(encode(SONNET_4, { temperature: 0 }).body.temperature).toBe(0);
  });

  it("keeps the temperature where a model takes one of temperature and top_p", () => {
    const { body, dropped } = encode(SONNET_4_5, { temperature: 0.2, top_p: 0.8 });
    expect([body.temperature, body.top_p, dropped]).toEqual([0.2, undefined, ["top_p"]]);
    expect(encode(SONNET_4_5, { top_p: 0.8 }).body.top_p).toBe(0.8);
  });

  it.each([OPUS_4_7, OPUS_5_5, "anthropic.claude-sonnet-5"])("sends no sampling to %s", (model) => {
    const { body, dropped } = encode(model, { temperature: 0.2, top_p: 0.8 });
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("top_p");
    expect(dropped).toEqual(["temperature", "top_p"]);
  });
});

describe("reasoning_effort", () => {
  it.each([
    ["minimal", 1024],
    ["low", 1024],
    ["medium", 4096],
    ["high", 16_384],
    ["max", 32_000],
  ])("%s is a budget of %i tokens on top of the answer's", (reasoning_effort, budget_tokens) => {
    const { body, dropped } = encode(SONNET_4_5, { reasoning_effort, max_tokens: 500 });
    expect(body.thinking).toEqual({ type: "enabled", budget_tokens });
    expect([body.max_tokens, dropped]).toEqual([500 + budget_tokens, []]);
  });

  it("leaves the answer room where the model's output is short", () => {
    const { body } = encode("anthropic.claude-opus-4-1-20250805-v1:0", {
      reasoning_effort: "max",
      max_tokens: 32_000,
    });
    expect(body.thinking).toEqual({ type: "enabled", budget_tokens: 32_000 - 4096 });
    expect(body.max_tokens).toBe(32_000);
  });

  it.each([
    [OPUS_4_6, "minimal", "low", []],
    [OPUS_4_6, "medium", "medium", []],
    [OPUS_4_6, "xhigh", "high", ["reasoning_effort"]],
    [OPUS_4_6, "max", "max", []],
    [OPUS_4_7, "xhigh", "xhigh", []],
    [OPUS_5_5, "high", "high", []],
  ])("on %s, %s is adaptive with effort %s", (model, reasoning_effort, effort, dropped) => {
    const encoded = encode(model, { reasoning_effort, max_tokens: 500 });
    expect(encoded.body).toMatchObject({
      thinking: { type: "adaptive" },
      output_config: { effort },
      max_tokens: 500,
    });
    expect(encoded.dropped).toEqual(dropped);
  });

  it("asks models that hide their thinking for a summary of it", () => {
    const thinking = (model: string) => encode(model, { reasoning_effort: "high" }).body.thinking;
    expect(thinking(OPUS_4_6)).toEqual({ type: "adaptive" });
    for (const model of [OPUS_4_7, OPUS_5_5]) {
      expect(thinking(model)).toEqual({ type: "adaptive", display: "summarized" });
    }
  });

  it("takes sampling out while thinking", () => {
    for (const model of [SONNET_4, OPUS_4_6]) {
      const { body, dropped } = encode(model, { reasoning_effort: "low", temperature: 0.3, top_p: 0.5 });
      expect(body).toHaveProperty("thinking");
      expect(dropped).toEqual(["temperature", "top_p"]);
    }
  });

  it("none means no thinking, or the least effort where a model always thinks", () => {
    expect(encode(SONNET_4, { reasoning_effort: "none" })).toMatchObject({ dropped: [] });
    expect(encode(OPUS_4_7, { reasoning_effort: "none" }).body).not.toHaveProperty("output_config");
    const always = encode(OPUS_5_5, { reasoning_effort: "none" });
    expect(always.body).not.toHaveProperty("thinking");
    expect([always.body.output_config, always.dropped]).toEqual([{ effort: "low" }, ["reasoning_effort"]]);
  });

  it.each([
    ["a model that cannot think", SONNET_3_5, {}],
    ["a forced tool", SONNET_4, { tools: [tool("a")], tool_choice: "required" }],
    ["a forced tool (adaptive)", OPUS_4_6, { tools: [tool("a")], tool_choice: "required" }],
    [
      "a started answer",
      SONNET_4,
      {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
    ],
    ["a tool loop without signed thinking", SONNET_4, { messages: called(), tools: [tool("look")] }],
    [
      "a tool loop in which the user speaks too",
      SONNET_4,
      { messages: [...called(), { role: "user", content: "Hurry" }], tools: [tool("look")] },
    ],
    [
      "a schema that needs a forced tool",
      SONNET_4,
      { response_format: { type: "json_schema", json_schema: { name: "x" } } },
    ],
  ])("is reported with %s", (_case, model, body) => {
    const encoded = encode(model, { reasoning_effort: "high", ...body });
    expect(encoded.body).not.toHaveProperty("thinking");
    expect(encoded.dropped).toEqual(["reasoning_effort"]);
  });

  it("works in a tool loop with adaptive thinking, and after the loop has ended", () => {
    const tools = [tool("look")];
    const done = [
      ...called(),
      { role: "assistant", content: "I saw it." },
      { role: "user", content: "And now?" },
    ];
    expect(encode(OPUS_4_6, { reasoning_effort: "high", messages: called(), tools }).body).toHaveProperty(
      "thinking",
    );
    expect(encode(SONNET_4, { reasoning_effort: "high", messages: done, tools }).body).toHaveProperty(
      "thinking",
    );
  });
});

describe("everything else", () => {
  it("reports hints and refuses what changes the meaning", () => {
    expect(encode(SONNET_4, { user: "u", seed: 1, thinking: { type: "enabled" } }).dropped).toEqual([
      "seed",
      "thinking",
      "user",
    ]);
    expect(refused(SONNET_4, { logprobs: true })).toMatchObject({
      code: "unsupported_parameter",
      param: "logprobs",
    });
  });

  it("accepts the deprecated function interface", () => {
    const { body, dropped } = encode(SONNET_4, { functions: [{ name: "f" }], function_call: { name: "f" } });
    expect([body.tools, body.tool_choice]).toMatchObject([[{ name: "f" }], { type: "tool", name: "f" }]);
    expect(dropped).toEqual([]);
  });

  it("passes cache breakpoints on, in tools too", () => {
    const cache_control = { type: "ephemeral", ttl: "1h" };
    const messages = [
      { role: "user", content: [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }] },
    ];
    const { body, dropped } = encode(SONNET_4_5, { tools: [{ ...tool("a"), cache_control }], messages });
    expect(body).toMatchObject({
      tools: [{ cache_control }],
      messages: [{ content: [{ cache_control: { type: "ephemeral" } }] }],
    });
    expect(dropped).toEqual([]);
  });

  it("keeps the last four breakpoints, the long-lived ones first", () => {
    const part = (text: string, ttl?: string) => ({
      type: "text",
      text,
      cache_control: { type: "ephemeral", ttl },
    });
    const content = [part("1"), part("2", "1h"), part("3", "5m"), part("4", "1h"), part("5")];
    const { body, dropped } = encode(SONNET_4_5, { messages: [{ role: "user", content }] });
    const [message] = body.messages as { content: { cache_control?: unknown }[] }[];
    expect(message?.content.map((block) => block.cache_control)).toEqual([
      undefined,
      { type: "ephemeral", ttl: "1h" },
      { type: "ephemeral", ttl: "5m" },
      { type: "ephemeral" },
      { type: "ephemeral" },
    ]);
    expect(dropped).toEqual(["cache_control"]);
  });

  it("takes breakpoints out where model or target has no cache", () => {
    const content = [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }];
    const body = { messages: [{ role: "user", content }] };
    const haiku3 = encode("anthropic.claude-3-haiku-20240307-v1:0", body);
    for (const encoded of [haiku3, encode(SONNET_4_5, body, { cache: "off" })]) {
      expect(encoded.body.messages).toEqual([{ role: "user", content: [{ type: "text", text: "a" }] }]);
      expect(encoded.dropped).toEqual(["cache_control"]);
    }
  });
});
