import { describe, expect, it } from "vitest";
import { chatModel } from "../../../../src/families/models/index.ts";
import { familyFor } from "../../../../src/families/index.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { bedrockTarget, chat, thrownBy } from "../../../support/bedrock.ts";
import { CLOSED_SCHEMA, OPEN_SCHEMA } from "../../../support/families.ts";

/** Not by Converse, which is the default for some of these models. */
const NATIVE = { api: "invoke" } as const;

const GPT_OSS = "openai.gpt-oss-20b-1:0";
const QWEN = "qwen.qwen3-32b-v1:0";
const KIMI = "moonshot.kimi-k2-thinking";
const MINIMAX = "minimax.minimax-m2.5";
const IMPORTED = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123";

const encode = (body: JsonObject, model = GPT_OSS) => {
  const target = bedrockTarget(model, { ...NATIVE, ...(model === IMPORTED && { family: "openai" }) });
  return familyFor(target).encode(chat(body), target);
};
const bodyOf = (body: JsonObject, model?: string) => encode(body, model).body;
const tool = (name: string, more: JsonObject = {}) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: {} }, ...more },
});
const named = (name: string) => ({ type: "function", function: { name } });
const jsonSchema = (schema: JsonObject, more: JsonObject = {}) => ({
  response_format: { type: "json_schema", json_schema: { name: "x", schema, ...more } },
});

describe("which models", () => {
  it.each([
    [GPT_OSS, "openai"],
    ["openai.gpt-oss-safeguard-120b", "openai"],
    [QWEN, "openai"],
    ["qwen.qwen3-coder-next", "openai"],
    [KIMI, "openai"],
    ["moonshotai.kimi-k2.5", "openai"],
    [MINIMAX, "openai"],
    ["zai.glm-5", "openai"],
    ["google.gemma-3-27b-it", "openai"],
    ["nvidia.nemotron-nano-12b-v2", "openai"],
    ["deepseek.v3-v1:0", "openai"],
    ["deepseek.v3.2", "openai"],
    ["ai21.jamba-1-5-mini-v1:0", "jamba"],
    ["us.writer.palmyra-x5-v1:0", "writer"],
  ])("%s speaks %s", (model, family) => {
    expect(familyFor(bedrockTarget(model, NATIVE)).name).toBe(family);
  });

  it.each([
    [GPT_OSS, { maxOutput: 16_384, maxTokensField: "max_completion_tokens", penalties: true }],
    ["us.openai.gpt-oss-120b-1:0", { maxOutput: 16_384, efforts: ["low", "medium", "high"] }],
    ["openai.gpt-5.4", { maxStops: 0, penalties: false }],
    [QWEN, { contextWindow: 32_768, images: false, maxTokensField: "max_tokens" }],
    ["qwen.qwen3-vl-235b-a22b", { images: true }],
    ["qwen.qwen4", { images: false, constrained: true }],
    [KIMI, { maxOutput: 16_384, images: false, maxTemperature: 1 }],
    ["moonshotai.kimi-k2.5", { images: true }],
    ["zai.glm-4.7", { contextWindow: 202_752 }],
    ["zai.glm-4.7-flash", { contextWindow: 202_752 }],
    ["google.gemma-3-4b-it", { constrained: false, turns: "alternating" }],
    ["deepseek.v3.2", { maxOutput: 81_920 }],
    [IMPORTED, { images: true, jsonObject: true }],
  ])("%s", (model, expected) => {
    expect(chatModel(model, "openai")).toMatchObject(expected);
  });

  it("tells no limits of a model that nobody knows", () => {
    const { contextWindow, maxOutput } = chatModel(IMPORTED, "openai");
    expect([contextWindow, maxOutput]).toEqual([undefined, undefined]);
  });

  it("tells capabilities", () => {
    const target = bedrockTarget(KIMI, NATIVE);
    expect(familyFor(target).facts(target)).toEqual({
      contextWindow: 262_143,
      maxOutput: 16_384,
      capabilities: { tools: true, images: false, streaming: true, reasoning: true },
    });
  });
});

describe("the plain request", () => {
  it("has neither model nor stream, and chooses the operation", () => {
    expect(encode({ model: "gpt", stream: true })).toMatchObject({
      body: { messages: [{ role: "user", content: "Hi" }], max_completion_tokens: 4096 },
      operation: "invoke-with-response-stream",
      dropped: [],
    });
    expect(Object.keys(bodyOf({ stream: false, stream_options: { include_usage: true } }))).toEqual([
      "messages",
      "max_completion_tokens",
    ]);
    expect(encode({}).operation).toBe("invoke");
  });

  it("names the output limit as the model does, and keeps to its cap", () => {
    expect(encode({ max_tokens: 99_999 })).toMatchObject({
      body: { max_completion_tokens: 16_384 },
      dropped: ["max_tokens"],
    });
    expect(encode({ max_completion_tokens: 7, max_tokens: 9 }, QWEN)).toMatchObject({
      body: { max_tokens: 7 },
      dropped: [],
    });
  });
});

describe("parameters", () => {
  it("sends temperature as it is, within 0 to 1 for Kimi", () => {
    expect(encode({ temperature: 1.5, top_p: 0.9 }, QWEN)).toMatchObject({
      body: { temperature: 1.5, top_p: 0.9 },
      dropped: [],
    });
    expect(encode({ temperature: 1.5 }, KIMI)).toMatchObject({
      body: { temperature: 1 },
      dropped: ["temperature"],
    });
  });

  it("never sends a top_p of 0, which servers refuse", () => {
    expect(bodyOf({ top_p: 0 }).top_p).toBe(1e-6);
  });

  it("sends stop as a list, without empty strings", () => {
    expect(bodyOf({ stop: "END" }, KIMI).stop).toEqual(["END"]);
    expect(bodyOf({ stop: ["", "a"] }).stop).toEqual(["a"]);
    expect(bodyOf({ stop: [""] })).not.toHaveProperty("stop");
  });

  it("refuses more stop sequences than the model takes", () => {
    const five = { stop: ["a", "b", "c", "d", "e"] };
    expect(thrownBy(() => encode(five))).toMatchObject({ code: "unsupported_parameter", param: "stop" });
    expect(bodyOf(five, QWEN).stop).toHaveLength(5);
    expect(thrownBy(() => encode({ stop: "a" }, "openai.gpt-5.4"))).toMatchObject({ param: "stop" });
  });

  it("sends penalties where they are known, reports them elsewhere, and leaves 0 out", () => {
    const penalties = { frequency_penalty: 0.5, presence_penalty: -1 };
    expect(encode(penalties)).toMatchObject({ body: penalties, dropped: [] });
    expect(encode(penalties, QWEN).dropped).toEqual(["frequency_penalty", "presence_penalty"]);
    const none = encode({ frequency_penalty: 0, presence_penalty: 0 });
    expect(Object.keys(none.body)).toEqual(["messages", "max_completion_tokens"]);
    expect(encode({ frequency_penalty: 0 }, QWEN).dropped).toEqual([]);
  });

  it("reports hints that it cannot honour", () => {
    const hints = { seed: 1, user: "u", metadata: {}, store: true, verbosity: "low", top_k: 3 };
    expect(encode(hints).dropped).toEqual(["metadata", "seed", "store", "top_k", "user", "verbosity"]);
    expect(encode({ seed: 0 }, IMPORTED)).toMatchObject({ body: { seed: 0 }, dropped: [] });
  });

  it.each([
    [{ n: 2 }, "n"],
    [{ logit_bias: { 1: 5 } }, "logit_bias"],
    [{ logprobs: true }, "logprobs"],
    [{ top_logprobs: 3 }, "top_logprobs"],
    [{ modalities: ["text", "audio"] }, "modalities"],
    [{ web_search_options: {} }, "web_search_options"],
  ])("refuses %j", (body, param) => {
    expect(thrownBy(() => encode(body))).toMatchObject({ code: "unsupported_parameter", param, status: 400 });
  });

  it.each([
    ["none", "low", true],
    ["minimal", "low", false],
    ["low", "low", false],
    ["medium", "medium", false],
    ["high", "high", false],
    ["xhigh", "high", true],
    ["max", "high", true],
  ])("gives gpt-oss for the effort %s the effort %s", (wanted, sent, reported) => {
    expect(encode({ reasoning_effort: wanted })).toMatchObject({
      body: { reasoning_effort: sent },
      dropped: reported ? ["reasoning_effort"] : [],
    });
  });

  it("reports an effort to models without the field, none only where they reason all the same", () => {
    expect(encode({ reasoning_effort: "high" }, KIMI)).toMatchObject({ dropped: ["reasoning_effort"] });
    expect(encode({ reasoning_effort: "none" }, KIMI)).toMatchObject({ dropped: ["reasoning_effort"] });
    expect(encode({ reasoning_effort: "none" }, "qwen.qwen3-coder-next")).toMatchObject({ dropped: [] });
    expect(bodyOf({ reasoning_effort: "none" }, "openai.gpt-5.4").reasoning_effort).toBe("none");
    expect(bodyOf({ reasoning_effort: "minimal" }, "openai.gpt-5.4").reasoning_effort).toBe("low");
  });
});

describe("tools", () => {
  const tools = [tool("a", { description: "does a" }), tool("b")];

  it("go out in OpenAI's shape", () => {
    expect(bodyOf({ tools })).toMatchObject({ tools });
    expect(bodyOf({ functions: [{ name: "a" }] }).tools).toEqual([tool("a")]);
    expect(bodyOf({ tools: [] })).not.toHaveProperty("tools");
  });

  it("keep the choice: none stays none", () => {
    for (const choice of ["none", "auto", "required", named("b")]) {
      expect(bodyOf({ tools, tool_choice: choice })).toMatchObject({ tools, tool_choice: choice });
    }
    expect(bodyOf({ tool_choice: "none" })).not.toHaveProperty("tool_choice");
  });

  it("filters what allowed_tools leaves", () => {
    const choice = (mode: string) => ({
      type: "allowed_tools",
      allowed_tools: { mode, tools: [named("b")] },
    });
    expect(bodyOf({ tools, tool_choice: choice("auto") })).toMatchObject({
      tools: [tool("b")],
      tool_choice: "auto",
    });
    expect(bodyOf({ tools, tool_choice: choice("required") }).tool_choice).toBe("required");
  });

  it("refuses for Kimi what Kimi does not know", () => {
    const refused = thrownBy(() => encode({ tools, tool_choice: "required" }, KIMI));
    expect(refused).toMatchObject({ code: "unsupported_parameter", param: "tool_choice" });
    expect(bodyOf({ tools, tool_choice: named("a") }, KIMI).tool_choice).toEqual(named("a"));
  });

  it.each([
    [{ tools: [tool("a"), tool("a")] }, "tools[1].function.name"],
    [{ tools: [tool("a")], tool_choice: named("z") }, "tool_choice"],
    [{ tool_choice: "required" }, "tool_choice"],
  ])("refuses %j", (body, param) => {
    expect(thrownBy(() => encode(body))).toMatchObject({ code: "invalid_value", param });
  });

  it("passes parallel_tool_calls: false on, only beside tools", () => {
    expect(bodyOf({ tools, parallel_tool_calls: false }).parallel_tool_calls).toBe(false);
    expect(bodyOf({ tools, parallel_tool_calls: true })).not.toHaveProperty("parallel_tool_calls");
    expect(encode({ parallel_tool_calls: false })).toMatchObject({ dropped: [] });
    expect(bodyOf({ parallel_tool_calls: false })).not.toHaveProperty("parallel_tool_calls");
  });

  it("enforces strict schemas where the model can, and reports the others", () => {
    const strict = [tool("a", { strict: true, parameters: OPEN_SCHEMA })];
    expect(bodyOf({ tools: strict }).tools).toEqual([tool("a", { strict: true, parameters: CLOSED_SCHEMA })]);
    expect(encode({ tools: strict }, MINIMAX)).toMatchObject({
      body: { tools: [tool("a", { parameters: OPEN_SCHEMA })] },
      dropped: ["strict"],
    });
  });
});

describe("JSON answers", () => {
  it("uses the model's own response_format, with its objects closed", () => {
    expect(encode(jsonSchema(OPEN_SCHEMA, { description: "d", strict: true }))).toMatchObject({
      body: {
        response_format: {
          type: "json_schema",
          json_schema: { name: "x", description: "d", schema: CLOSED_SCHEMA, strict: true },
        },
      },
      dropped: [],
    });
    expect(JSON.stringify(bodyOf(jsonSchema(OPEN_SCHEMA)))).not.toContain("strict");
  });

  it("forces a tool elsewhere, whose arguments become the content", () => {
    const target = bedrockTarget(MINIMAX, NATIVE);
    const family = familyFor(target);
    const encoded = family.encode(chat(jsonSchema(OPEN_SCHEMA, { strict: true })), target);
    expect(encoded).toMatchObject({
      body: {
        tools: [{ function: { name: "router_json_answer", parameters: OPEN_SCHEMA } }],
        tool_choice: named("router_json_answer"),
      },
      dropped: [],
    });
    const answer = { id: "1", function: { name: "router_json_answer", arguments: '{"city":"Oslo"}' } };
    const body = { choices: [{ message: { tool_calls: [answer] }, finish_reason: "tool_calls" }] };
    expect(encoded.whole(body, new Headers())).toEqual([
      { type: "text", text: '{"city":"Oslo"}' },
      { type: "finish", reason: "stop", native: "tool_calls" },
    ]);
  });

  it("leaves the client's tools beside it, but not above their own forced choice", () => {
    const tools = [tool("a")];
    const beside = bodyOf({ tools, ...jsonSchema(OPEN_SCHEMA) }, MINIMAX);
    expect(beside).toMatchObject({ tool_choice: "required", tools: [tool("a"), {}] });
    const forced = bodyOf({ tools, tool_choice: "required", ...jsonSchema(OPEN_SCHEMA) }, MINIMAX);
    expect(forced).toMatchObject({ tool_choice: "required", tools: [tool("a")] });
  });

  it("falls back to a tool for schemas that the model's decoding does not know", () => {
    const limited = { type: "object", properties: { n: { type: "integer", minimum: 1 } } };
    expect(bodyOf(jsonSchema(limited))).toMatchObject({ tool_choice: named("router_json_answer") });
    expect(bodyOf(jsonSchema(limited))).not.toHaveProperty("response_format");
  });

  it("instructs and reports where nothing else is left, and refuses a strict schema then", () => {
    const list = { type: "array", items: { type: "string" } };
    const loose = encode(jsonSchema(list));
    expect(loose.dropped).toEqual(["response_format"]);
    expect(JSON.stringify(loose.body.messages)).toContain(JSON.stringify(JSON.stringify(list)).slice(1, -1));
    expect(thrownBy(() => encode(jsonSchema(list, { strict: true })))).toMatchObject({
      code: "unsupported_parameter",
      param: "response_format",
    });
  });

  it("asks for a JSON object, with the model's own mode where it has one", () => {
    const body = { response_format: { type: "json_object" } };
    expect(encode(body)).toMatchObject({
      body: { messages: [{ role: "system" }, { role: "user", content: "Hi" }] },
      dropped: ["response_format"],
    });
    expect(encode(body, IMPORTED)).toMatchObject({
      body: { response_format: { type: "json_object" } },
      dropped: [],
    });
  });
});
