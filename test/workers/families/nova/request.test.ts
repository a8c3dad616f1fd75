/** What requests become for Nova: the body, its limits and settings, cache points. */
import { describe, expect, it } from "vitest";
import { novaModel } from "../../../../src/families/models/index.ts";
import { familyFor } from "../../../../src/families/index.ts";
import { nova } from "../../../../src/families/nova/index.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { result, says, tool, user } from "../../../support/claude-requests.ts";
import { CACHED, encode, IMAGE, MICRO, NOVA_2, PRO, refused } from "../../../support/nova-requests.ts";

describe("the body", () => {
  it("is exactly this for a plain request", () => {
    const { body, operation, dropped } = encode({
      model: "auto",
      messages: [{ role: "system", content: "Be brief." }, user("Hi")],
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      stop: "END",
      stream: true,
      user: "u",
    });
    expect(body).toEqual({
      schemaVersion: "messages-v1",
      system: [{ text: "Be brief." }],
      messages: [{ role: "user", content: [{ text: "Hi" }] }],
      inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ["END"] },
    });
    expect([operation, dropped]).toEqual(["invoke-with-response-stream", ["user"]]);
  });

  it("holds no key without a value, above all no empty system", () => {
    const { body, operation } = encode({ messages: [{ role: "system", content: " " }, user("Hi")] });
    expect(Object.keys(body)).toEqual(["schemaVersion", "messages"]);
    expect(operation).toBe("invoke");
  });
});

describe("models", () => {
  it.each([
    [MICRO, { contextWindow: 128_000, maxOutput: 10_000, images: false, reasoning: false }],
    ["eu.amazon.nova-lite-v1:0", { contextWindow: 300_000, images: true }],
    ["amazon.nova-pro-v1:0:24k", { contextWindow: 300_000, maxOutput: 10_000 }],
    ["us.amazon.nova-premier-v1:0", { contextWindow: 1_000_000 }],
    [NOVA_2, { contextWindow: 1_000_000, maxOutput: 65_535, reasoning: true }],
  ])("%s", (id, expected) => {
    expect(novaModel(id)).toMatchObject(expected);
    expect(familyFor(bedrockTarget(id)).name).toBe("nova");
  });

  it("assumes no limits and no reasoning of a model that it does not know", () => {
    expect(nova.facts(bedrockTarget("arn:aws:bedrock:us-east-1:1:provisioned-model/x"))).toEqual({
      contextWindow: undefined,
      maxOutput: undefined,
      capabilities: { tools: true, images: true, streaming: true, reasoning: false },
    });
  });
});

describe("settings", () => {
  it("clamps to what Nova takes, and says so", () => {
    const { body, dropped } = encode({ max_tokens: 50_000, temperature: 1.6 });
    expect(body.inferenceConfig).toEqual({ maxTokens: 10_000, temperature: 1 });
    expect(dropped).toEqual(["max_tokens", "temperature"]);
  });

  it("keeps every stop sequence but the empty one", () => {
    expect(encode({ stop: ["", "\n\n", "END"] }).body.inferenceConfig).toEqual({
      stopSequences: ["\n\n", "END"],
    });
  });

  it.each([
    ["minimal", "low", []],
    ["low", "low", []],
    ["medium", "medium", []],
  ])("reasoning_effort %s is %s, without a temperature", (reasoning_effort, maxReasoningEffort) => {
    const { body, dropped } = encode(
      { reasoning_effort, max_tokens: 500, top_p: 0.5, temperature: 0.2 },
      NOVA_2,
    );
    expect(body.reasoningConfig).toEqual({ type: "enabled", maxReasoningEffort });
    expect(body.inferenceConfig).toEqual({ maxTokens: 500, topP: 0.5 });
    expect(dropped).toEqual(["temperature"]);
  });

  it("sends no inferenceConfig at the highest effort", () => {
    const { body, dropped } = encode({ reasoning_effort: "high", max_tokens: 500, top_p: 0.5 }, NOVA_2);
    expect(body.reasoningConfig).toEqual({ type: "enabled", maxReasoningEffort: "high" });
    expect(body).not.toHaveProperty("inferenceConfig");
    expect(dropped).toEqual(["max_tokens", "top_p"]);
  });

  it("does not report a length at the highest effort that the client did not ask for", () => {
    const request = { ...chat({ reasoning_effort: "xhigh", stop: "END" }), maxTokens: 65_535 };
    const { body, dropped } = nova.encode(request, bedrockTarget(NOVA_2));
    expect(body.inferenceConfig).toEqual({ stopSequences: ["END"] });
    expect(dropped).toEqual(["reasoning_effort"]);
  });

  it("reports an effort that Nova 1 does not have; none asks for nothing", () => {
    const { body, dropped } = encode({ reasoning_effort: "low", temperature: 0.2 });
    expect(body).not.toHaveProperty("reasoningConfig");
    expect([body.inferenceConfig, dropped]).toEqual([{ temperature: 0.2 }, ["reasoning_effort"]]);
    expect(encode({ reasoning_effort: "none" }, NOVA_2)).toMatchObject({ dropped: [] });
  });

  it.each(["logprobs", "logit_bias", "n"])("refuses %s", (name) => {
    const value = { logprobs: true, logit_bias: { 1: 1 }, n: 2 }[name];
    expect(refused({ [name]: value })).toMatchObject({
      code: "unsupported_parameter",
      param: name,
      status: 400,
    });
  });
});

describe("cache points", () => {
  const part = (text: string) => ({ type: "text", text, ...CACHED });
  const count = (body: unknown) => JSON.stringify(body).match(/"cachePoint":\{"type":"default"\}/g)?.length;

  it("stand inside the text blocks of system and user messages", () => {
    const { body, dropped } = encode({
      messages: [{ role: "system", content: [part("S")] }, user([part("a"), { type: "text", text: "b" }])],
    });
    const point = { cachePoint: { type: "default" } };
    expect(body.system).toEqual([{ text: "S", ...point }]);
    expect(body.messages).toEqual([{ role: "user", content: [{ text: "a", ...point }, { text: "b" }] }]);
    expect(dropped).toEqual([]);
  });

  it("never stand on a message with tool content, on a tool, an image or an assistant turn", () => {
    const { body, dropped } = encode({
      tools: [{ ...tool("look"), ...CACHED }],
      messages: [
        user([{ ...IMAGE, ...CACHED }]),
        says([part("b")], ["c1"]),
        result("c1", [part("r")]),
        user([part("c")]),
      ],
    });
    expect([count(body), dropped]).toEqual([undefined, ["cache_control"]]);
  });

  it("are four at most, the last ones, and none where the cache is off", () => {
    const messages = [user(["a", "b", "c", "d", "e"].map(part))];
    const { body, dropped } = encode({ messages });
    expect([count(body), dropped]).toEqual([4, ["cache_control"]]);
    expect(JSON.stringify(body)).toContain('{"text":"a"}');
    expect(count(encode({ messages }, PRO, { cache: "off" }).body)).toBeUndefined();
  });
});
