import { describe, expect, it } from "vitest";
import { familyFor } from "../../../src/families/index.ts";
import type { JsonObject } from "../../../src/chat/request.ts";
import { bedrockTarget, chat } from "../../support/bedrock.ts";
import { fold } from "../../support/deltas.ts";

/** Not by Converse, which is the default for some of these models. */
const NATIVE = { api: "invoke" } as const;

const GPT_OSS = "openai.gpt-oss-20b-1:0";
const QWEN = "qwen.qwen3-32b-v1:0";
const KIMI = "moonshot.kimi-k2-thinking";

const encode = (body: JsonObject, model = GPT_OSS) => {
  const target = bedrockTarget(model, NATIVE);
  return familyFor(target).encode(chat(body), target);
};
const bodyOf = (body: JsonObject, model?: string) => encode(body, model).body;
const tool = (name: string) => ({ type: "function", function: { name } });

describe("what other clients get wrong on these models", () => {
  const read = (model: string, payloads: readonly unknown[], request: JsonObject = {}) => {
    const target = bedrockTarget(model, NATIVE);
    const family = familyFor(target);
    const decode = family.encode(chat({ stream: true, ...request }), target).stream();
    return fold(payloads.flatMap((payload) => decode({ event: "chunk", payload })));
  };
  const whole = (model: string, message: JsonObject, finish_reason = "stop") => {
    const target = bedrockTarget(model, NATIVE);
    const family = familyFor(target);
    const body = { choices: [{ message, finish_reason }] };
    return fold(family.encode(chat({}), target).whole(body, new Headers()));
  };
  const chunk = (delta: JsonObject, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  const called = (id: string, args = "{}") => ({
    id,
    type: "function",
    function: { name: "f", arguments: args },
  });

  it("LiteLLM: a choices frame of InvokeModel gives text, finish reason and usage", () => {
    const metrics = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 1, outputTokenCount: 2 } };
    expect(read(QWEN, [{ ...chunk({ content: "a" }, "length"), ...metrics }])).toMatchObject({
      text: "a",
      finish: "length",
      usage: { promptTokens: 1, completionTokens: 2 },
    });
  });

  it("LiteLLM: Qwen3 gets messages and max_tokens, not prompt and max_gen_len", () => {
    expect(Object.keys(bodyOf({}, QWEN))).toEqual(["messages", "max_tokens"]);
  });

  it("LiteLLM: Jamba streams natively", () => {
    expect(encode({ stream: true }, "ai21.jamba-1-5-mini-v1:0").operation).toBe(
      "invoke-with-response-stream",
    );
  });

  it("LiteLLM: every tool call arrives, from a whole answer too", () => {
    const calls = { content: null, tool_calls: [called("a"), called("b")] };
    expect(whole(GPT_OSS, calls, "tool_calls").calls.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("LiteLLM: Kimi's reasoning is split off in streams, one pair a delta", () => {
    const pairs = ["a", "b"].map((text) => chunk({ content: `<reasoning>${text}</reasoning>` }));
    expect(read(KIMI, [...pairs, chunk({ content: "c" }), chunk({}, "stop")])).toMatchObject({
      reasoning: "ab",
      text: "c",
    });
  });

  it("LiteLLM: Kimi's raw tool calls are calls, where tools were offered", () => {
    const raw = '<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a":1}<|tool_call_end|>';
    const payloads = [chunk({ content: `<reasoning>${raw}</reasoning>` }), chunk({}, "stop")];
    expect(read(KIMI, payloads, { tools: [tool("f")] })).toMatchObject({
      reasoning: "",
      calls: [{ id: "functions.f:0", name: "f", args: '{"a":1}' }],
      finish: "tool_calls",
    });
    expect(read(KIMI, payloads)).toMatchObject({ reasoning: raw, calls: [], finish: "stop" });
    expect(read(QWEN, payloads, { tools: [tool("f")] })).toMatchObject({ reasoning: raw, calls: [] });
  });

  it("LiteLLM: seed receives its own value", () => {
    const body = { seed: 7, temperature: 1, top_p: 0.5, max_tokens: 9 };
    expect(bodyOf(body, "us.writer.palmyra-x5-v1:0")).toMatchObject(body);
  });

  it("Portkey: max_completion_tokens beats max_tokens, and stop becomes a list", () => {
    const body = { max_tokens: 1, max_completion_tokens: 2, stop: "x" };
    expect(bodyOf(body)).toMatchObject({ max_completion_tokens: 2, stop: ["x"] });
    expect(bodyOf(body)).not.toHaveProperty("max_tokens");
  });

  it("Portkey, BAG: tool_choice none does not become auto", () => {
    expect(bodyOf({ tools: [tool("a")], tool_choice: "none" }).tool_choice).toBe("none");
    const jamba = bodyOf({ tools: [tool("a")], tool_choice: "none" }, "ai21.jamba-1-5-mini-v1:0");
    expect(jamba).not.toHaveProperty("tools");
  });

  it("Portkey: a finish reason is always one of OpenAI's", () => {
    expect(read(QWEN, [chunk({}, "stop_sequence")]).finish).toBe("stop");
    expect(read(QWEN, [chunk({}, "whatever comes")]).finish).toBe("stop");
  });

  it("Portkey: arguments that are empty neither break the history nor the answer", () => {
    const messages = [
      { role: "user", content: "a" },
      { role: "assistant", content: null, tool_calls: [called("x", "")] },
      { role: "tool", tool_call_id: "x", content: "b" },
    ];
    expect(bodyOf({ messages }).messages).toMatchObject([{}, { tool_calls: [called("x", "{}")] }, {}]);
    expect(read(KIMI, [chunk({ tool_calls: [called("x", "")] }), chunk({}, "tool_calls")]).calls).toEqual([
      { id: "x", name: "f", args: "{}" },
    ]);
  });

  it("BAG: text beside tool calls survives, and calls count from 0", () => {
    const payloads = [
      chunk({ content: "So" }),
      chunk({ tool_calls: [{ index: 4, ...called("x") }] }, "tool_calls"),
    ];
    expect(read(QWEN, payloads)).toMatchObject({ text: "So", calls: [{ id: "x" }], finish: "tool_calls" });
  });

  it("BAG: an answer that ends inside its reasoning still finishes", () => {
    expect(read(QWEN, [chunk({ content: "<think>hm" }), chunk({}, "length")])).toMatchObject({
      reasoning: "hm",
      text: "",
      finish: "length",
    });
  });

  it("langchain-aws: every finish reason ends the answer, not only stop", () => {
    for (const reason of ["stop", "length", "tool_calls", "content_filter"]) {
      expect(read(QWEN, [chunk({ content: "a" }, reason)]).finish).toBeDefined();
    }
  });
});
