/** What a request becomes for Converse: settings, tools, formats and reasoning, model by model. */
import { describe, expect, it } from "vitest";
import { knownModel } from "../../../../src/families/models/index.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { bedrockTarget } from "../../../support/bedrock.ts";
import { called, says, user } from "../../../support/claude-requests.ts";
import {
  converse,
  encode,
  GLM,
  GPT_OSS,
  json,
  LLAMA,
  member,
  NOVA,
  NOVA_2,
  OPUS_4_6,
  OPUS_4_7,
  PROFILE_ARN,
  refused,
  SONNET_4,
  SONNET_4_5,
  TITAN,
  TOOLS,
  readBody,
} from "../../../support/converse.ts";
import { hasServiceModel, serviceViolations } from "../../../support/service-model.ts";

const inference = (body: JsonObject, model?: string) => member("inferenceConfig", body, model);

describe.skipIf(!hasServiceModel)("the service model", () => {
  it.each([
    [{ messages: [{ role: "user", content: [{ text: "a" }] }], top_k: 1 }, /unknown member top_k/],
    [{ messages: [{ role: "user" }] }, /lacks content/],
    [{ messages: [{ role: "tool", content: [] }] }, /none of user/],
    [{ messages: [{ role: "user", content: [{ text: "a", image: {} }] }] }, /union of 2/],
    [{ inferenceConfig: { temperature: 1.5 } }, /1.5 is not in 0..1/],
    [{ inferenceConfig: { maxTokens: 0.5 } }, /no integer/],
    [{ toolConfig: { tools: [] } }, /0 is not in 1/],
    [{ toolConfig: { tools: [{ toolSpec: { name: "a b", inputSchema: { json: {} } } }] } }, /not \/\[a-zA-Z/],
  ])("would not take %j", (body, problem) => {
    expect(serviceViolations(body, "ConverseRequest").join("\n")).toMatch(problem);
  });
});

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
      seed: 1,
    });
    expect(body).toEqual({
      messages: [{ role: "user", content: [{ text: "Hi" }] }],
      system: [{ text: "Be brief." }],
      inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ["END"] },
    });
    expect([operation, dropped]).toEqual(["converse-stream", ["seed", "user"]]);
    expect(encode({}).operation).toBe("converse");
  });

  it("takes its limits from what the native family knows of the model", () => {
    expect(inference({ max_tokens: 100_000 }, NOVA)).toEqual({ maxTokens: 10_000 });
    expect(encode({ max_tokens: 100_000 }, NOVA).dropped).toEqual(["max_tokens"]);
    expect(inference({}, PROFILE_ARN)).toEqual({ maxTokens: 4096 });
    const facts = converse.facts(bedrockTarget(LLAMA));
    expect(facts).toMatchObject({
      contextWindow: expect.any(Number),
      capabilities: { images: false, tools: true },
    });
    expect(converse.facts(bedrockTarget(TITAN)).capabilities).toMatchObject({ tools: false });
    expect(converse.facts(bedrockTarget("ai21.j2-ultra-v1")).capabilities).toMatchObject({
      streaming: false,
    });
    const hidden = converse.facts(bedrockTarget(PROFILE_ARN));
    expect(hidden).toMatchObject({ contextWindow: undefined, capabilities: { images: true, tools: true } });
    const named = converse.facts(bedrockTarget(PROFILE_ARN, { family: "titan" }));
    expect(named.capabilities).toMatchObject({ images: false });
  });

  it("lowers a temperature beyond Converse's and says so", () => {
    const { body, dropped } = encode({ temperature: 1.7 }, LLAMA);
    expect(body.inferenceConfig).toMatchObject({ temperature: 1 });
    expect(dropped).toEqual(["temperature"]);
  });

  it("sends Claude only the sampling that it takes", () => {
    const both = { temperature: 0.5, top_p: 0.5 };
    expect(inference({ ...both }, SONNET_4_5)).toEqual({ maxTokens: expect.any(Number), temperature: 0.5 });
    expect(encode(both, SONNET_4_5).dropped).toEqual(["top_p"]);
    expect(inference({ ...both }, OPUS_4_7)).toEqual({ maxTokens: expect.any(Number) });
    expect(encode(both, OPUS_4_7).dropped).toEqual(["temperature", "top_p"]);
  });

  it("sends stop sequences to models that know them and keeps them for the answer of all", () => {
    expect(inference({ stop: ["A", " ", ""] }, SONNET_4)).toMatchObject({ stopSequences: ["A"] });
    expect(inference({ stop: ["A", " "] }, NOVA)).toMatchObject({ stopSequences: ["A", " "] });
    for (const model of [LLAMA, GPT_OSS, GLM, PROFILE_ARN]) {
      expect(inference({ stop: ["A"] }, model)).not.toHaveProperty("stopSequences");
    }
    const answer = (text: string) => ({
      output: { message: { content: [{ text }] } },
      stopReason: "end_turn",
    });
    expect(readBody(answer("oneA"), encode({ stop: ["A", " "] }, SONNET_4)).text).toBe("one");
    expect(readBody(answer("one two"), encode({ stop: ["A", " "] }, GLM)).text).toBe("one");
    expect(readBody(answer("one A"), encode({})).text).toBe("one A");
  });

  it.each([
    ["n", { n: 2 }],
    ["logprobs", { logprobs: true }],
    ["logit_bias", { logit_bias: { 50256: -100 } }],
    ["modalities", { modalities: ["audio"] }],
    ["web_search_options", { web_search_options: {} }],
  ])("refuses %s", (param, body) => {
    expect(refused(body)).toMatchObject({ code: "unsupported_parameter", param, status: 400 });
  });

  it("carries the configuration's guardrail, latency and tier", () => {
    const { body } = encode({}, SONNET_4, {
      guardrail: { id: "gr1", version: "DRAFT", trace: "enabled" },
      performance: "optimized",
      serviceTier: "reserved",
    });
    expect(body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: "gr1", guardrailVersion: "DRAFT", trace: "enabled" },
      performanceConfig: { latency: "optimized" },
      serviceTier: { type: "reserved" },
    });
    for (const name of ["guardrailConfig", "performanceConfig", "serviceTier", "requestMetadata"]) {
      expect(encode({}).body).not.toHaveProperty(name);
    }
  });

  it.each<[asked: unknown, own: "flex" | undefined, tier: string | undefined, dropped: string[]]>([
    ["priority", undefined, "priority", []],
    ["priority", "flex", "priority", []],
    ["auto", "flex", "flex", []],
    ["default", "flex", "default", []],
    ["default", undefined, undefined, []],
    ["scale", "flex", "flex", ["service_tier"]],
  ])("service_tier %j beside %j is %j", (asked, own, tier, dropped) => {
    const encoded = encode({ service_tier: asked }, SONNET_4, own ? { serviceTier: own } : {});
    expect(encoded.body.serviceTier).toEqual(tier && { type: tier });
    expect(encoded.dropped).toEqual(dropped);
  });

  it("sends the metadata that Bedrock's logs can hold, and reports the rest", () => {
    const fit = { team: "red, blue", "a-b.c": "x@y:1" };
    expect(encode({ metadata: fit })).toMatchObject({ body: { requestMetadata: fit }, dropped: [] });
    const odd = encode({ metadata: { ...fit, note: "Grüße", long: "x".repeat(257), n: 1, "": "x" } });
    expect(odd).toMatchObject({ body: { requestMetadata: fit }, dropped: ["metadata"] });
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, "v"]));
    const { body, dropped } = encode({ metadata: many });
    expect([Object.keys(body.requestMetadata as JsonObject).length, dropped]).toEqual([16, ["metadata"]]);
    expect(encode({ metadata: {} }).body).not.toHaveProperty("requestMetadata");
  });
});

describe("reasoning_effort", () => {
  const plan = (effort: string, model: string, more: JsonObject = {}) => {
    const { body, dropped } = encode({ reasoning_effort: effort, max_tokens: 2000, ...more }, model);
    return {
      extra: body.additionalModelRequestFields,
      inference: body.inferenceConfig,
      output: body.outputConfig,
      dropped,
    };
  };

  it("is a budget for Claude before 4.6, beside the answer's tokens and without sampling", () => {
    expect(plan("medium", SONNET_4, { temperature: 0.3 })).toEqual({
      extra: { thinking: { type: "enabled", budget_tokens: 4096 } },
      inference: { maxTokens: 6096 },
      output: undefined,
      dropped: ["temperature"],
    });
    expect(plan("max", SONNET_4, { max_tokens: 60_000 })).toMatchObject({
      extra: { thinking: { budget_tokens: 32_000 } },
      inference: { maxTokens: 64_000 },
    });
  });

  it("is an effort for Claude since 4.6", () => {
    expect(plan("low", OPUS_4_6)).toMatchObject({
      extra: { thinking: { type: "adaptive" } },
      output: { effort: "low" },
      dropped: [],
    });
    expect(plan("xhigh", OPUS_4_6)).toMatchObject({
      output: { effort: "high" },
      dropped: ["reasoning_effort"],
    });
    expect(plan("xhigh", OPUS_4_7)).toMatchObject({
      extra: { thinking: { type: "adaptive", display: "summarized" } },
      output: { effort: "xhigh" },
    });
    expect(plan("none", OPUS_4_6)).toMatchObject({ extra: undefined, output: undefined, dropped: [] });
    expect(plan("none", "us.anthropic.claude-opus-5")).toMatchObject({
      extra: { thinking: { type: "disabled" } },
      dropped: [],
    });
    expect(plan("none", "us.anthropic.claude-sonnet-5-5")).toMatchObject({
      extra: { thinking: { type: "between_tools" } },
      dropped: [],
    });
    expect(plan("none", "us.anthropic.claude-opus-5-5")).toMatchObject({
      output: { effort: "low" },
      dropped: ["reasoning_effort"],
    });
  });

  it("gives way to a forced tool, a started answer, and a tool loop whose thinking is lost", () => {
    const lost = { extra: undefined, dropped: ["reasoning_effort"] };
    expect(plan("low", SONNET_4, { ...TOOLS, tool_choice: "required" })).toMatchObject(lost);
    expect(plan("low", SONNET_4, json())).toMatchObject(lost);
    expect(plan("low", SONNET_4, { messages: [user("a"), says("The")] })).toMatchObject(lost);
    expect(plan("low", SONNET_4, { ...TOOLS, messages: called() })).toMatchObject(lost);
    expect(plan("low", SONNET_4, { ...TOOLS, messages: [...called(), user("Go on")] })).toMatchObject(lost);
    expect(
      plan("low", SONNET_4, { ...TOOLS, messages: [...called(), says("So."), user("b")] }).dropped,
    ).toEqual([]);
    expect(plan("low", OPUS_4_6, { ...TOOLS, messages: called() })).toMatchObject({ dropped: [] });
  });

  it("is reasoningConfig for Nova 2, which at the highest effort sets length and sampling itself", () => {
    expect(plan("low", NOVA_2, { temperature: 0.3, top_p: 0.5 })).toEqual({
      extra: { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } },
      inference: { maxTokens: 2000, topP: 0.5 },
      output: undefined,
      dropped: ["temperature"],
    });
    expect(plan("xhigh", NOVA_2, { temperature: 0.3, top_p: 0.5 })).toEqual({
      extra: { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } },
      inference: undefined,
      output: undefined,
      dropped: ["max_tokens", "reasoning_effort", "temperature", "top_p"],
    });
    expect(encode({ reasoning_effort: "high" }, NOVA_2).dropped).toEqual([]);
  });

  it.each<[effort: string, model: string, extra: unknown, dropped: string[]]>([
    ["minimal", GPT_OSS, { reasoning_effort: "low" }, []],
    ["high", GPT_OSS, { reasoning_effort: "high" }, []],
    ["max", GPT_OSS, { reasoning_effort: "high" }, ["reasoning_effort"]],
    ["none", GPT_OSS, { reasoning_effort: "low" }, ["reasoning_effort"]],
    ["minimal", "openai.gpt-5.6-sol", { reasoning: { effort: "low" } }, []],
    ["none", "openai.gpt-5.6-sol", { reasoning: { effort: "none" } }, []],
    ["none", "us.openai.gpt-6-astra", { reasoning: { effort: "low" } }, ["reasoning_effort"]],
    ["xhigh", "us.xai.grok-4.6", { reasoning_effort: "xhigh" }, []],
    ["medium", "us.moonshotai.kimi-k3", { reasoning_effort: "low" }, ["reasoning_effort"]],
    ["high", "us.zai.glm-5.3", { reasoning_effort: "high" }, []],
    ["none", NOVA_2, undefined, []],
    ["low", NOVA, undefined, ["reasoning_effort"]],
    ["low", LLAMA, undefined, ["reasoning_effort"]],
    ["none", LLAMA, undefined, []],
    ["low", PROFILE_ARN, undefined, ["reasoning_effort"]],
  ])("%s for %s", (effort, model, extra, dropped) => {
    expect(plan(effort, model)).toMatchObject({ extra, dropped });
  });
});

describe("models whose native stream nothing shows", () => {
  it.each([
    ...[
      "mistral.mistral-large-2407-v1:0",
      "mistral.pixtral-large-2502-v1:0",
      "mistral.ministral-3-8b-instruct",
    ],
    ...[
      "mistral.magistral-small-2509",
      "deepseek.v3-v1:0",
      "deepseek.v3.2",
      "minimax.minimax-m2",
      "zai.glm-5",
    ],
    ...[
      "google.gemma-3-27b-it",
      "nvidia.nemotron-nano-9b-v2",
      "writer.palmyra-x5-v1:0",
      "openai.gpt-5.6-sol",
    ],
  ])("%s goes through Converse", (id) => {
    expect(knownModel(id)?.surface).toBe("converse");
  });

  it.each([
    ...["anthropic.claude-opus-4-7", "amazon.nova-2-lite-v1:0", "amazon.titan-text-lite-v1"],
    ...[
      "meta.llama4-scout-17b-instruct-v1:0",
      "mistral.mistral-7b-instruct-v0:2",
      "mistral.mistral-small-2402-v1:0",
    ],
    ...[
      "mistral.mistral-large-2402-v1:0",
      "cohere.command-r-v1:0",
      "ai21.jamba-1-5-mini-v1:0",
      "deepseek.r1-v1:0",
    ],
    ...["openai.gpt-oss-20b-1:0", "qwen.qwen3-32b-v1:0", "moonshotai.kimi-k2.5"],
  ])("%s goes its native way", (id) => {
    expect(knownModel(id)?.surface).toBe("invoke");
  });
});
