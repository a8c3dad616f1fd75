/**
 * What AWS's, Anthropic's and other products' pages of November 2026 say of Bedrock's models, line by line, against what the router
 * sends. The names are those of the lines: A (facts of the catalogue), G (the newest Claude generation), E (suspected defects).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../../src/chat/request.ts";
import { constrainableSchema } from "../../../src/families/request/constrainable-schema.ts";
import { EXAMPLE_IDS } from "../../../src/families/models/example-ids.ts";
import { familyFor, knownRefusals, lifecycleNote, surfaceOf } from "../../../src/families/index.ts";
import { claudeModel, converseModel, knownModel, rowFor } from "../../../src/families/models/index.ts";
import { bedrock } from "../../../src/providers/bedrock/index.ts";
import { bedrockError } from "../../../src/providers/bedrock/exceptions.ts";
import { isCountable } from "../../../src/providers/bedrock/count.ts";
import { proposedProfiles } from "../../../src/providers/bedrock/inference-profile.ts";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { answerWriter } from "../../../src/families/answer/writer.ts";
import type { Delta } from "../../../src/chat/delta.ts";
import type { BedrockTarget } from "../../../src/target.ts";
import { bedrockTarget, chat, thrownBy } from "../../support/bedrock.ts";

afterEach(() => vi.restoreAllMocks());

const TOOL = {
  type: "function",
  function: { name: "look", parameters: { type: "object", properties: { at: { type: "string" } } } },
};
const SCHEMA = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};
const format = (strict: boolean, schema: JsonObject = SCHEMA) => ({
  response_format: { type: "json_schema", json_schema: { name: "x", schema, strict } },
});
const PNG = "data:image/png;base64,iVBORw0KGgo=";

/** What is sent, by the surface of the table. */
function sent(model: string, body: JsonObject, more: Partial<BedrockTarget> = {}) {
  const target = bedrockTarget(model, more);
  const call = familyFor(target).encode(chat(body), { ...target, refused: knownRefusals(target) });
  return { ...call, json: JSON.stringify(call.body) };
}

/** What the provider itself sends. */
async function asked(model: string, body: JsonObject, more: Partial<BedrockTarget> = {}) {
  let text = "";
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    text = await new Request(input, init).text();
    return Response.json({});
  });
  const context = { abort: new AbortController(), idleTimeoutMs: 1000, binding: () => "key" };
  const place = {
    target: bedrockTarget(model, { credentials: { bearerToken: "t" }, ...more }),
    id: "us-east-1",
    ownKey: false,
  };
  const { dropped } = await bedrock.open(place, chat(body), { ...context, binding: () => undefined });
  return { text, body: asObject(JSON.parse(text)), dropped };
}

const limits = (model: string) => {
  const { contextWindow, maxOutput } = rowFor(model, undefined).facts;
  return [contextWindow, maxOutput];
};
const NEWEST = ["opus-5-5", "sonnet-5-5", "fable-5-1", "fable-5-2"].map((name) => `anthropic.claude-${name}`);

describe("A: the catalogue", () => {
  it.each(["us.openai.gpt-5.6-sol", "global.openai.gpt-6-astra", "us.openai.gpt-6.2-sol"])(
    "A1: %s takes neither temperature nor top_p",
    (model) => {
      const { json, dropped } = sent(model, { temperature: 0.7, top_p: 0.5 });
      expect(json).not.toMatch(/temperature|topP/);
      expect(dropped).toEqual(["temperature", "top_p"]);
    },
  );

  it("A2: Grok has a row of its own: no sampling, efforts low to xhigh, images, media beside results", () => {
    const grok = converseModel("us.xai.grok-4.6", undefined);
    expect(grok).toMatchObject({
      sampling: "none",
      resultMedia: false,
      efforts: ["low", "medium", "high", "xhigh"],
    });
    expect(sent("us.xai.grok-4.7", { temperature: 1, stop: ["x"] }).json).not.toMatch(/temperature|stopSeq/);
  });

  it("A3: Kimi K3 has 1M and 128K, sees, is called by Converse, without sampling and cache points", () => {
    const model = "us.moonshotai.kimi-k3";
    expect(knownModel(model)).toMatchObject({ surface: "converse", facts: { images: true } });
    expect(limits(model)).toEqual([1_048_576, 128_000]);
    expect(converseModel(model, undefined)).toMatchObject({
      cachePoints: "nowhere",
      sampling: "none",
      resultMedia: false,
    });
    expect(converseModel(model, undefined).efforts).toEqual(["low", "high", "max"]);
  });

  it("A4: Grok 4.6 sees images and has 500K", () => {
    expect(knownModel("us.xai.grok-4.6")?.facts).toMatchObject({ images: true, contextWindow: 500_000 });
  });

  it("A5: GPT-5.6 and 6 have 1,050,000 and 128,000; only 5.x knows the effort none", () => {
    expect(limits("us.openai.gpt-6-sol")).toEqual([1_050_000, 128_000]);
    expect(rowFor("us.openai.gpt-5.6-luna", undefined).chat?.efforts).toContain("none");
    expect(rowFor("us.openai.gpt-6.1-sol", undefined).chat?.efforts).not.toContain("none");
  });

  it("A6: GLM 5.3 has 1M and 128K, and its effort is sent", () => {
    expect(limits("us.zai.glm-5.3")).toEqual([1_000_000, 128_000]);
    expect(sent("us.zai.glm-5.3", { reasoning_effort: "high" }).json).toContain('"high"');
  });

  it("A7: Gemma 4 has 256K and 32K, reasons, and is served at mantle", () => {
    expect(limits("google.gemma-4-31b")).toEqual([262_144, 32_768]);
    expect(knownModel("google.gemma-4-31b")?.facts.reasoning).toBe(true);
    expect(surfaceOf(bedrockTarget("google.gemma-4-31b"))).toEqual({ surface: "chat", endpoint: "mantle" });
  });

  it("A8: Mythos 5.2 is known", () => {
    expect(knownModel("us.anthropic.claude-mythos-5-2")?.id).toBe("anthropic.claude-mythos-5-2");
  });

  it("A9: an unknown Claude is of the newest generation, with its limits", () => {
    expect(claudeModel("us.anthropic.claude-opus-7")).toMatchObject({
      ...{ forcedTools: false, contextWindow: 1_000_000, maxOutput: 128_000, thinksByDefault: true },
    });
  });

  it("A10: Haiku 5.5 takes forced tools, and can be kept from thinking", () => {
    expect(claudeModel("anthropic.claude-haiku-5-5")).toMatchObject({
      forcedTools: true,
      turnsOff: "disabled",
    });
  });

  it.each([
    ["sonnet-5", { type: "disabled" }],
    ["opus-5", { type: "disabled" }],
    ["haiku-5-5", { type: "disabled" }],
    ["sonnet-5-5", { type: "between_tools" }],
  ])("A11: reasoning_effort none turns %s off as it can be", (name, thinking) => {
    const { body, dropped } = sent(`us.anthropic.claude-${name}`, { reasoning_effort: "none" });
    expect([body.thinking, dropped]).toEqual([thinking, []]);
  });

  it.each(["opus-5-5", "fable-5-1"])("A11: %s cannot be turned off, which is told", (name) => {
    const { body, dropped } = sent(`us.anthropic.claude-${name}`, { reasoning_effort: "none" });
    expect([body.thinking, dropped]).toEqual([undefined, ["reasoning_effort"]]);
  });

  it.each(["haiku-4-5-20251001-v1:0", "sonnet-4-6"])("A12: %s answers a schema by a tool", (name) => {
    const { json, body } = sent(`us.anthropic.claude-${name}`, format(false));
    expect(body).not.toHaveProperty("output_config");
    expect(json).toContain('"tool_choice":{"type":"tool"');
  });

  // Sources contradict each other: native, and by the refusal learnt otherwise (see lessons.test.ts).
  it.each(NEWEST)("A13: %s is asked for a schema natively", (model) => {
    expect(sent(model, format(true)).json).toContain('"output_config":{"format"');
  });

  it("A14: Sonnet 4.6 is asked for at most 32,000 tokens unless somebody says a number", async () => {
    expect((await asked("us.anthropic.claude-sonnet-4-6", {})).body.max_tokens).toBe(32_000);
  });

  it("A15: Llama 3.3 puts out 4,096", () => {
    expect(limits("us.meta.llama3-3-70b-instruct-v1:0")[1]).toBe(4096);
  });

  it("A16: Llama 4 streams, but not with tools", () => {
    const model = "us.meta.llama4-maverick-17b-instruct-v1:0";
    expect(sent(model, { stream: true }).operation).toBe("invoke-with-response-stream");
    const converse = { api: "converse" } as const;
    expect(sent(model, { stream: true }, converse).operation).toBe("converse-stream");
    expect(sent(model, { stream: true, tools: [TOOL] }, converse).operation).toBe("converse");
  });

  it.each([
    ["mistral.mistral-large-3-675b-instruct", "converse-stream"],
    ["mistral.ministral-3-8b-instruct", "converse-stream"],
    ["mistral.magistral-small-2509", "converse-stream"],
    ["mistral.devstral-2-123b", "converse-stream"],
    ["mistral.voxtral-small-24b-2507", "converse-stream"],
    ["mistral.mistral-large-2407-v1:0", "converse"],
    ["us.mistral.pixtral-large-2502-v1:0", "converse"],
  ])("A17: %s with tools is asked by %s", (model, operation) => {
    expect(sent(model, { stream: true, tools: [TOOL] }).operation).toBe(operation);
  });

  // allOf is known "with limitations": closed as constrained decoding wants them, its parts exclude each other. It goes another way.
  it("A18: more than ten optional properties do not go natively, nor does allOf", () => {
    expect(constrainableSchema({ ...SCHEMA, allOf: [SCHEMA] })).toBeUndefined();
    const many = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [`p${index}`, { type: "string" }]),
    );
    expect(constrainableSchema({ ...SCHEMA, properties: many, required: [] })).toBeUndefined();
  });

  it("A19: makers of embeddings are known as makers behind a prefix", () => {
    expect(
      bedrock.facts(bedrockTarget("us.twelvelabs.marengo-embed-3-0-v1:0", { task: "embedding" })).dimensions,
    ).toEqual([512]);
  });

  it("A20: profiles of India and Canada", () => {
    expect(proposedProfiles("anthropic.claude-opus-5", "ap-south-1")[0]).toBe("in.anthropic.claude-opus-5");
    expect(proposedProfiles("in.anthropic.claude-opus-5", "ap-south-1")).not.toContain(
      "apac.in.anthropic.claude-opus-5",
    );
    expect(proposedProfiles("anthropic.claude-opus-5", "ca-central-1")).toContain(
      "us.anthropic.claude-opus-5",
    );
  });

  it("A21: nothing that is retired or on its way out is proposed", () => {
    for (const id of Object.values(EXAMPLE_IDS).flat()) expect(knownModel(id)?.lifecycle).toBeUndefined();
  });

  // A22 is the generated table of docs/bedrock.md, which `npm run generate:check` compares.
  it.each([
    "anthropic.claude-3-haiku-20240307-v1:0",
    "amazon.titan-text-express-v1",
    "us.amazon.nova-premier-v1:0",
  ])("A22: %s is said to be retired", (model) =>
    expect(lifecycleNote(bedrockTarget(model))).toMatch(/is retired/),
  );

  it.each([
    [512, ["opus-5", "opus-5-5", "sonnet-5-5", "haiku-5-5", "fable-5", "fable-5-1"]],
    [1024, ["sonnet-4-5", "sonnet-4-6", "sonnet-5", "opus-4-8"]],
    [4096, ["opus-4-5", "opus-4-6", "opus-4-7", "haiku-4-5"]],
  ])("A23: %s tokens before a cache point for %j", (least, names) => {
    for (const name of names) expect(knownModel(`anthropic.claude-${name}`)?.cacheMinimum).toBe(least);
  });
});

describe("G: the newest Claude generation", () => {
  const names = [
    "opus-5-5",
    "sonnet-5-5",
    "haiku-5-5",
    "fable-5-1",
    "fable-5-2",
    "opus-5",
    "sonnet-5",
    "fable-5",
  ];
  const facts = (name: string) => claudeModel(`us.anthropic.claude-${name}`);
  const of = <K extends keyof ReturnType<typeof claudeModel>>(key: K) =>
    Object.fromEntries(names.map((name) => [name, facts(name)[key]]));

  it("thinks by default", () => expect(Object.values(of("thinksByDefault"))).toEqual(names.map(() => true)));

  it("is turned off where it can be", () => {
    expect(of("turnsOff")).toEqual({
      ...{
        "opus-5-5": undefined,
        "sonnet-5-5": "between_tools",
        "haiku-5-5": "disabled",
        "fable-5-1": undefined,
      },
      ...{ "fable-5-2": undefined, "opus-5": "disabled", "sonnet-5": "disabled", "fable-5": undefined },
    });
  });

  it("has its own default effort, since none is sent unasked", () => {
    for (const name of names)
      expect(sent(`us.anthropic.claude-${name}`, {}).body).not.toHaveProperty("output_config");
  });

  it("refuses forced tools from 5.5 on, but for Haiku", () => {
    expect(names.filter((name) => facts(name).forcedTools)).toEqual([
      "haiku-5-5",
      "opus-5",
      "sonnet-5",
      "fable-5",
    ]);
  });

  it("takes no prefill, temperature and top_p", () => {
    for (const name of names) expect(facts(name)).toMatchObject({ prefill: false, sampling: "none" });
  });

  it("checks what stands before its thinking from 5.5 on", () => {
    expect(names.filter((name) => facts(name).bindsThinking)).toEqual(names.slice(0, 5));
  });

  it("binds thinking to an account, which a second attempt without it answers", () => {
    // That an account differs nobody can know: see lessons.test.ts.
    expect(facts("haiku-5-5").bindsThinking).toBe(true);
  });

  it("answers a schema natively where forced tools are refused", () => {
    for (const name of names) expect(facts(name).structuredOutput).toBe(!facts(name).forcedTools);
  });

  it("is not counted on the runtime by a profile", () => {
    for (const name of names) expect(isCountable(bedrockTarget(`us.anthropic.claude-${name}`))).toBe(false);
  });

  it("has no service tier but the default", () => {
    for (const name of names) expect(knownModel(`anthropic.claude-${name}`)?.tiers).toBe("none");
  });

  it("wants data retention for Fable alone", () => {
    const wanting = names.filter((name) => knownModel(`anthropic.claude-${name}`)?.wantsRetention);
    expect(wanting).toEqual(["fable-5-1", "fable-5-2", "fable-5"]);
  });
});

describe("E: defects", () => {
  it.each(["us.openai.gpt-5.6-sol", "us.xai.grok-4.7", "us.moonshotai.kimi-k3"])(
    "E1: %s is asked without temperature and top_p",
    (model) => expect(sent(model, { temperature: 0.7, top_p: 0.9 }).json).not.toMatch(/temperature|topP/),
  );

  // E2: the second attempt without thinking is in lessons.test.ts, gaps in memory and the order of steps in reasoning.test.ts.
  it("E2: system text between the steps stays where it is", async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "One" },
      { role: "assistant", content: "Two" },
      { role: "system", content: "It is noon." },
      { role: "user", content: "Three" },
    ];
    const { body } = await asked("us.anthropic.claude-opus-5-5", { messages });
    expect(body.system).toEqual([{ type: "text", text: "Be brief." }]);
    expect(JSON.stringify(objectsIn(body.messages).at(-1))).toMatch(/system-reminder.*It is noon.*Three/s);
  });

  it("E3: what constrains too much goes by another way than the native one", () => {
    const open = { type: "object", properties: { a: { type: "string" } } };
    expect(sent("us.anthropic.claude-opus-5-5", format(false, open)).json).not.toContain("output_config");
  });

  it("E4: max_tokens is at most 32,000 where nobody says a number", async () => {
    expect((await asked("us.anthropic.claude-opus-5-5", {})).body.max_tokens).toBe(32_000);
    expect((await asked("us.anthropic.claude-opus-5-5", { max_tokens: 90_000 })).body.max_tokens).toBe(
      90_000,
    );
  });

  it.each([
    "openai.gpt-5.4",
    "openai.gpt-5.5",
    "xai.grok-4.3",
    "google.gemma-4-e2b",
    "anthropic.claude-mythos-5",
  ])("E5: %s is served at mantle", (model) =>
    expect(surfaceOf(bedrockTarget(model)).endpoint).toBe("mantle"),
  );

  it.each(["us.xai.grok-4.6", "us.xai.grok-4.7", "us.moonshotai.kimi-k3", "us.moonshotai.kimi-k3.1"])(
    "E6: %s sees",
    (model) => {
      const content = [{ type: "image_url", image_url: { url: PNG } }];
      expect(sent(model, { messages: [{ role: "user", content }] }).json).toContain('"image"');
    },
  );

  it.each(["us.openai.gpt-5.6-sol", "us.moonshotai.kimi-k3"])(
    "E7: %s gets a result's image beside the result",
    (model) => {
      const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
      const messages = [
        { role: "user", content: "Look" },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: [{ type: "image_url", image_url: { url: PNG } }] },
      ];
      const { body } = sent(model, { messages, tools: [TOOL] });
      const blocks = objectsIn(objectsIn(body.messages).at(-1)?.content);
      expect(blocks.map((block) => Object.keys(block)[0])).toEqual(
        expect.arrayContaining(["toolResult", "image"]),
      );
      expect(JSON.stringify(blocks.find((block) => "toolResult" in block))).not.toContain('"image"');
    },
  );

  it("E8: GPT-6 is asked for the effort low in place of none, which is told", () => {
    const { json, dropped } = sent("us.openai.gpt-6.1-sol", { reasoning_effort: "none" });
    expect(json).toContain('"effort":"low"');
    expect(dropped).toEqual(["reasoning_effort"]);
  });

  it("E9: GPT by Converse is told that a schema is strict", () => {
    const { json } = sent("us.openai.gpt-6.1-sol", format(true));
    expect(json).toContain('"text":{"format":{"strict":true}}');
  });

  it("E10: an unknown Claude is not forced to call, and has room to think", async () => {
    const { body } = await asked("global.anthropic.claude-opus-6", { tools: [TOOL] });
    expect(body.max_tokens).toBe(32_000);
    const error = thrownBy(() =>
      sent("global.anthropic.claude-opus-6", { tools: [TOOL], tool_choice: "required" }),
    );
    expect(error).toMatchObject({ code: "unsupported_parameter", param: "tool_choice" });
  });

  it("E11: reasoning_effort none is honoured, so nothing is told as left out", () => {
    expect(sent("us.anthropic.claude-sonnet-5", { reasoning_effort: "none" }).dropped).toEqual([]);
  });

  it("E12: thinking of a tool loop goes back without reasoning_effort", async () => {
    const load = vi.fn(
      async () => new Map([["c1", [{ kind: "signed" as const, text: "hm", signature: "c2ln" }]]]),
    );
    let text = "";
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      text = await new Request(input, init).text();
      return Response.json({});
    });
    const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
    const messages = [
      { role: "user", content: "Look" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "seen" },
    ];
    const target = bedrockTarget("us.anthropic.claude-opus-5-5", { credentials: { bearerToken: "t" } });
    await bedrock.open({ target, id: "us-east-1", ownKey: false }, chat({ messages, tools: [TOOL] }), {
      ...{ abort: new AbortController(), idleTimeoutMs: 1000, binding: () => undefined },
      reasoning: { load, save: () => {} },
    });
    expect(text).toContain('"signature":"c2ln"');
    expect(asObject(JSON.parse(text))).not.toHaveProperty("thinking");
  });

  it("E13: tokens of a template do not leak into a tool's name", () => {
    const out: Delta[] = [];
    answerWriter({}, out).openCall("c1", "json<|channel|>commentary").close();
    expect(out[0]).toMatchObject({ type: "tool_start", name: "json" });
  });

  it("E14: Mistral Large 3 streams with tools", () => {
    const { operation } = sent("mistral.mistral-large-3-675b-instruct", { stream: true, tools: [TOOL] });
    expect(operation).toBe("converse-stream");
  });

  it("E15: redacted content in pieces is joined as bytes", () => {
    const target = bedrockTarget("us.anthropic.claude-opus-5-5", { api: "converse" });
    const take = familyFor(target)
      .encode(chat({ stream: true }), target)
      .stream();
    const piece = (redactedContent: string) => ({
      contentBlockIndex: 0,
      delta: { reasoningContent: { redactedContent } },
    });
    const deltas = [
      ...take({ event: "contentBlockDelta", payload: piece("QQ==") }),
      ...take({ event: "contentBlockDelta", payload: piece("Qg==") }),
      ...take({ event: "contentBlockStop", payload: { contentBlockIndex: 0 } }),
    ];
    expect(deltas).toContainEqual({ type: "reasoning_block", block: { kind: "redacted", data: btoa("AB") } });
  });

  it("E16: Kimi K3 is called by Converse", () => {
    expect(sent("us.moonshotai.kimi-k3", { stream: true }).operation).toBe("converse-stream");
  });

  it("E17: cache: auto marks the newest tool results", async () => {
    const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
    const messages = [
      { role: "user", content: "Look" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "seen" },
    ];
    const { body } = await asked(
      "us.anthropic.claude-opus-5-5",
      { messages, tools: [TOOL] },
      { cache: "auto" },
    );
    expect(JSON.stringify(objectsIn(body.messages).at(-1))).toContain("cache_control");
  });

  it.each(["us.anthropic.claude-opus-5", "us.openai.gpt-6.1-sol", "us.moonshotai.kimi-k3"])(
    "E18: %s is sent no tier that it has not, which is told",
    async (model) => {
      const { text, dropped } = await asked(model, { service_tier: "flex" });
      expect(text).not.toMatch(/serviceTier/);
      expect(dropped).toEqual(["service_tier"]);
    },
  );

  it("E19: a profile's prefix is not put before another one", () => {
    for (const profile of proposedProfiles("in.anthropic.claude-sonnet-5", "ap-south-2"))
      expect(profile).not.toContain("in.in.");
  });

  it("E20: Fable without its opt-in is told what to do", () => {
    const message = "data retention mode 'default' is not available for this model";
    const place = { name: "f", model: "us.anthropic.claude-fable-5-1", region: "us-east-1" };
    const error = bedrockError({ name: "ValidationException", status: 400, message }, place);
    expect(error).toMatchObject({
      code: "bedrock_model_access_denied",
      message: expect.stringMatching(/aws_review/),
    });
  });

  it("E21: GovCloud is sent no thinking.display", () => {
    const { body } = sent("us-gov.anthropic.claude-opus-4-8", { reasoning_effort: "low" });
    expect(body.thinking).toEqual({ type: "adaptive" });
  });

  it("E22: end of life says so, and names what is in service", () => {
    const message = "This model version has reached the end of its life.";
    const place = { name: "t", model: "amazon.titan-text-express-v1", region: "us-east-1" };
    const error = bedrockError({ name: "ResourceNotFoundException", status: 404, message }, place);
    expect(error.message).toMatch(/end of its life.*claude-(?:opus|sonnet)-5-5/s);
    expect(error.message).not.toMatch(/Current ids:.*titan/s);
  });

  // E23 is no defect by its own words ("fine otherwise"): where Converse has no named choice, only the named tool is offered.
  it("E23: a named choice offers that tool alone where Converse knows no other way", () => {
    const other = { type: "function", function: { name: "other", parameters: { type: "object" } } };
    const choice = { type: "function", function: { name: "look" } };
    const { json } = sent("us.openai.gpt-6.1-sol", { tools: [TOOL, other], tool_choice: choice });
    expect(json).toContain('"look"');
    expect(json).not.toContain('"other"');
  });

  // E24 was found right: at effort high Nova takes no limits, so none are sent.
  it("E24: Nova 2 at effort high is sent no limit and no sampling", () => {
    const { json } = sent("us.amazon.nova-2-lite-v1:0", {
      reasoning_effort: "high",
      temperature: 0.3,
      max_tokens: 50,
    });
    expect(json).not.toMatch(/maxTokens|temperature/);
  });
});
