import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jamba, openai, writer } from "../../../emulator/families/chat/index.ts";
import { completion } from "../../../emulator/families/completion.ts";
import type { EmulatedFamily } from "../../../emulator/families/family.ts";
import type { JsonObject } from "../../../emulator/json.ts";
import { bedrockTarget } from "../../support/bedrock.ts";
import { bodyOf, call, emulatorHere, eventsOf, expectRefusal, malformed } from "./client.ts";
import { calls, expectUnderstood, result, routedTo, SETTINGS, tool, user, weather } from "./routed.ts";

/** Not by Converse, which is the default for some of these models. */
const NATIVE = { api: "invoke" } as const;

const GPT_OSS = "openai.gpt-oss-20b-1:0";
const QWEN = "qwen.qwen3-32b-v1:0";
const KIMI = "moonshot.kimi-k2-thinking";
const MINIMAX = "minimax.minimax-m2.5";
const GLM = "zai.glm-5";
const GEMMA = "google.gemma-3-27b-it";
const JAMBA = "ai21.jamba-1-5-mini-v1:0";
const PALMYRA = "us.writer.palmyra-x5-v1:0";
const IMPORTED = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123";

const PNG = "data:image/png;base64,iVBORw0KGgo=";

const emulator = emulatorHere();

describe("refusals", () => {
  const format = (schema: JsonObject) => ({ type: "json_schema", json_schema: { name: "x", schema } });
  const withCall = (args: string, id = "x") => [
    user("a"),
    { ...calls("x", "f", args), content: undefined },
    result(id, ""),
  ];

  it.each<[name: string, model: string, body: JsonObject, message: string | RegExp]>([
    ["an unknown key", GPT_OSS, { n: 2 }, malformed("#: extraneous key [n] is not permitted")],
    ["model", QWEN, { model: "x" }, malformed("#: extraneous key [model] is not permitted")],
    ["null", GPT_OSS, { temperature: null }, malformed("#/temperature: expected type: Number, found: Null")],
    [
      "the other limit",
      GPT_OSS,
      { max_tokens: 9 },
      malformed("#: extraneous key [max_tokens] is not permitted"),
    ],
    [
      "too many tokens",
      KIMI,
      { max_tokens: 20_000 },
      malformed("#/max_tokens: 20000 is not less or equal to 16384"),
    ],
    ["Kimi at 1.5", KIMI, { temperature: 1.5 }, malformed("#/temperature: 1.5 is not less or equal to 1")],
    ["top_p 0", QWEN, { top_p: 0 }, /#\/top_p: 0 is not greater/],
    ["penalties", QWEN, { frequency_penalty: 1 }, /extraneous key \[frequency_penalty\]/],
    ["an effort", QWEN, { reasoning_effort: "low" }, /extraneous key \[reasoning_effort\]/],
    ["a foreign effort", GPT_OSS, { reasoning_effort: "max" }, /max is not a valid enum value/],
    ["stop as a string", QWEN, { stop: "x" }, malformed("#/stop: expected type: JSONArray, found: String")],
    ["five stops", PALMYRA, { stop: [..."abcde"] }, /stop: expected 1 to 4/],
    ["a choice without tools", QWEN, { tool_choice: "auto" }, /`tools` must be set/],
    ["required for Kimi", KIMI, { tools: [weather], tool_choice: "required" }, /tool_choice/],
    [
      "a choice for Jamba",
      JAMBA,
      { tools: [weather], tool_choice: "auto" },
      /extraneous key \[tool_choice\]/,
    ],
    ["an unknown tool", QWEN, { tools: [weather], tool_choice: tool("g") }, /Tool 'g' not found/],
    ["a schema for MiniMax", MINIMAX, { response_format: format({}) }, /extraneous key \[response_format\]/],
    ["an open schema", QWEN, { response_format: format({ type: "object" }) }, /additionalProperties/],
    [
      "an image",
      QWEN,
      { messages: [user([{ type: "image_url", image_url: { url: PNG } }])] },
      /image_url is not/,
    ],
    [
      "a link",
      GEMMA,
      { messages: [user([{ type: "image_url", image_url: { url: "https://a/b" } }])] },
      /data URL/,
    ],
    ["two of the user", GEMMA, { messages: [user("a"), user("b")] }, /must alternate/],
    ["a late system", JAMBA, { messages: [user("a"), { role: "system", content: "b" }] }, /first message/],
    ["an empty message", KIMI, { messages: [user("")] }, /must not be empty/],
    ["only system", QWEN, { messages: [{ role: "system", content: "a" }] }, /at least one message/],
    ["no content", QWEN, { messages: [{ role: "user" }] }, /content is required/],
    ["broken arguments", QWEN, { messages: withCall("") }, /JSON object/],
    ["a stray result", QWEN, { messages: withCall("{}", "y") }, /does not match/],
    ["too long", QWEN, { messages: [user("x".repeat(200_000))] }, /maximum context length is 32768/],
    ["no profile", "writer.palmyra-x5-v1:0", {}, /on-demand throughput isn\u2019t supported/],
    ["an unknown id", "qwen.qwen9", {}, "The provided model identifier is invalid."],
    ["a chat to a prompt", IMPORTED, { messages: undefined, prompt: "a", max_tokens: 9, n: 1 }, /\[n\]/],
  ])("%s", async (_, model, body, message) => {
    const whole = { messages: [user("Hello")], ...body };
    await expectRefusal(await call(emulator(), { model, body: whole }), message);
  });
});

describe("answers, read by the router", () => {
  const { both } = routedTo(emulator, (model) => {
    return { ...NATIVE, ...(model === IMPORTED && { family: "completion" }) };
  });

  it.each([
    [GPT_OSS, true],
    [QWEN, false],
    [KIMI, true],
    [MINIMAX, true],
    [GLM, true],
    [GEMMA, false],
    [JAMBA, false],
    [PALMYRA, false],
    ["nvidia.nemotron-nano-9b-v2", true],
    ["deepseek.v3-v1:0", false],
    [IMPORTED, false],
  ])("%s", async (model, reasons) => {
    const folded = await both({ messages: [user("How are you?")] }, model);
    expect(folded).toMatchObject({ finish: "stop", calls: [] });
    expect(folded.text).toContain('You asked: "How are you?"');
    expect(folded.reasoning !== "").toBe(reasons);
    expect(folded.text + folded.reasoning).not.toMatch(/<\/?(?:reasoning|think)>/);
    expect(folded.usage?.completionTokens).toBeGreaterThan(0);
  });

  it.each([GPT_OSS, KIMI, MINIMAX, JAMBA, PALMYRA])("%s calls tools", async (model) => {
    const messages = [user("What is the weather in Oslo? And what time is it now?")];
    const folded = await both({ messages, tools: [weather, tool("time_now")] }, model);
    expect(folded.finish).toBe("tool_calls");
    expect(folded.calls.map(({ name }) => name)).toEqual(["get_weather", "time_now"]);
    expect(folded.calls.map(({ args }) => typeof JSON.parse(args))).toEqual(["object", "object"]);
  });

  it.each([QWEN, MINIMAX])("%s answers by schema", async (model) => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const response_format = { type: "json_schema", json_schema: { name: "x", schema, strict: true } };
    const { text, finish } = await both({ messages: [user("Which city? Oslo")], response_format }, model);
    expect(JSON.parse(text)).toMatchObject({ city: expect.any(String) });
    expect(finish).toBe("stop");
  });

  it("says length where the answer was cut, and 16 tokens are all that Writer gives unasked", async () => {
    const folded = await both({ messages: [user("How are you?")], max_tokens: 5 }, QWEN);
    expect(folded.finish).toBe("length");
    const response = await call(emulator(), {
      model: PALMYRA,
      body: { messages: [user("How are you all today?")] },
      stream: false,
    });
    expect(await bodyOf(response)).toMatchObject({
      choices: [{ finish_reason: "length" }],
      usage: { completion_tokens: 16 },
    });
  });

  it("ends streams as the recorded ones end", async () => {
    const last = async (model: string) =>
      (await eventsOf(await call(emulator(), { model, body: { messages: [user("Hi")] } }))).at(-1);
    const metrics = { "amazon-bedrock-invocationMetrics": { inputTokenCount: expect.any(Number) } };
    expect(await last(GPT_OSS)).toMatchObject({
      choices: [],
      usage: { total_tokens: expect.any(Number) },
      ...metrics,
    });
    expect(await last(QWEN)).toMatchObject({ choices: [{ finish_reason: "stop" }], ...metrics });
    expect(Object.keys((await last(JAMBA)) ?? {})).toEqual(Object.keys(metrics));
  });
});

describe("what the router sends", () => {
  const MODELS: readonly (readonly [string, EmulatedFamily, string?])[] = [
    ...[GPT_OSS, QWEN, KIMI, MINIMAX, GLM, GEMMA].map((id) => [id, openai] as const),
    ["moonshotai.kimi-k2.5", openai],
    ["deepseek.v3.2", openai],
    [JAMBA, jamba],
    ["ai21.jamba-instruct-v1:0", jamba],
    [PALMYRA, writer],
    [IMPORTED, openai, "openai"],
    [IMPORTED, completion, "completion"],
  ];
  const word = fc.constantFrom("a", "", " ", "\ud83d", "User: x", "</think>");
  const turns = fc.array(fc.tuple(fc.constantFrom("system", "user", "assistant", "tool"), word), {
    maxLength: 7,
  });
  const settings = fc.record(SETTINGS, { requiredKeys: [] });

  it("is never refused", () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), turns, settings, ([id, emulated, family], list, more) => {
        const target = bedrockTarget(id, { ...NATIVE, ...(family && { family }) });
        const toolless = emulated === completion || id.startsWith("ai21.jamba-instruct");
        const messages = list.flatMap(([role, content], index): JsonObject[] => {
          if (role !== "tool") return [{ role, content }];
          if (toolless) return [];
          return [calls(`x${index}`, "f", content), result(`x${index}`, content)];
        });
        const body = { ...more, ...(toolless && { tools: [] }), messages: [...messages, user("end")] };
        expectUnderstood(target, { ...body, stream: true }, () => emulated);
      }),
      { numRuns: 500 },
    );
  });
});
