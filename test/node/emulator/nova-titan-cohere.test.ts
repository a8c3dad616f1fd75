/** The emulated Nova, Titan and Command R: what they refuse, and that the router is never refused and reads their answers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cohere } from "../../../emulator/families/cohere/index.ts";
import type { EmulatedFamily } from "../../../emulator/families/family.ts";
import { nova } from "../../../emulator/families/nova/index.ts";
import { titan } from "../../../emulator/families/titan.ts";
import type { JsonObject } from "../../../emulator/json.ts";
import { bedrockTarget } from "../../support/bedrock.ts";
import type { Folded } from "../../support/deltas.ts";
import { bodyOf, call, emulatorHere, expectRefusal, malformed } from "./client.ts";
import {
  answered,
  calls,
  expectUnderstood,
  result,
  routedTo,
  SETTINGS,
  tool,
  user,
  weather,
} from "./routed.ts";

const PRO = "amazon.nova-pro-v1:0";
const MICRO = "eu.amazon.nova-micro-v1:0";
const NOVA_2 = "global.amazon.nova-2-lite-v1:0";
const EXPRESS = "amazon.titan-text-express-v1";
const R_PLUS = "cohere.command-r-plus-v1:0";

const PNG = "iVBORw0KGgoAAAANSUhEUg==";
const emulator = emulatorHere();

type Row = [name: string, body: JsonObject, message: string | RegExp, model?: string];

function refuses(model: string, start: JsonObject, rows: Row[]): void {
  it.each(rows)("%s", async (_, body, message, id = model) => {
    const response = await call(emulator(), { model: id, body: { ...start, ...body } });
    await expectRefusal(response, message, [/end of its life/.test(String(message)) ? 404 : 400]);
  });
}

describe("Nova refuses", () => {
  const text = { text: "Hello" };
  const says = (...content: JsonObject[]) => ({ role: "assistant", content });
  const messages = (...turns: unknown[]) => ({ messages: turns });
  const spec = (name: string, json: JsonObject = { type: "object", properties: {} }) => ({
    toolSpec: { name, inputSchema: { json } },
  });
  const use = { toolUse: { toolUseId: "t1", name: "f", input: {} } };
  const result = (id = "t1", more: JsonObject = {}) => ({
    toolResult: { toolUseId: id, content: [{ text: "x" }], ...more },
  });
  const withTools = { toolConfig: { tools: [spec("f")] } };
  const image = (format: string) => user([{ image: { format, source: { bytes: PNG } } }]);
  const point = { cachePoint: { type: "default" } };
  const inference = (inferenceConfig: JsonObject) => ({ inferenceConfig });

  refuses(PRO, messages(user([text])), [
    ["an unknown key", { n: 2 }, malformed("#: extraneous key [n] is not permitted")],
    ["max_tokens of another family", { max_tokens: 9 }, /extraneous key \[max_tokens\]/],
    [
      "null",
      inference({ temperature: null }),
      malformed("#/inferenceConfig/temperature: expected type: Number, found: Null"),
    ],
    ["temperature 1.5", inference({ temperature: 1.5 }), /1.5 is not less or equal to 1/],
    ["too many tokens", inference({ maxTokens: 10_001 }), /exceeds the model limit of 10000/],
    ["an empty system", { system: [] }, malformed("#/system: expected minimum item count: 1, found: 0")],
    ["content as a string", messages(user("Hello")), /content: expected type: JSONArray, found: String/],
    ["a blank text", messages(user([{ text: " " }])), /is blank/],
    ["a block of nothing", messages(user([{}])), /exactly one of/],
    ["the assistant first", messages(says(text)), /must start with a user message/],
    ["two of the user", messages(user([text]), user([text])), /must alternate/],
    ["an empty turn", messages(user([])), /is empty/],
    ["a call by the user", messages(user([use])), /not allowed in messages of the role user/],
    ["another format than the bytes", messages(image("jpeg")), /does not match the specified image format/],
    ["an image for Micro", messages(image("png")), /doesn't support the image/, MICRO],
    [
      "reasoning on Nova 1",
      { reasoningConfig: { type: "enabled" } },
      malformed("#: extraneous key [reasoningConfig] is not permitted"),
    ],
    [
      "a temperature beside reasoning",
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" }, ...inference({ temperature: 0 }) },
      /temperature must be unset/,
      NOVA_2,
    ],
    [
      "a length at the highest effort",
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" }, ...inference({ maxTokens: 9 }) },
      /maxTokens must be unset/,
      NOVA_2,
    ],
    [
      "definitions in a tool's schema",
      { toolConfig: { tools: [spec("f", { type: "object", properties: {}, definitions: {} })] } },
      malformed(
        "#/toolConfig/tools/0/toolSpec/inputSchema/json: extraneous key [definitions] is not permitted",
      ),
    ],
    ["a cache point on a tool", { toolConfig: { tools: [{ ...spec("f"), ...point }] } }, /\[cachePoint\]/],
    ["no tools", { toolConfig: { tools: [] } }, /#\/toolConfig\/tools: expected minimum item count: 1/],
    ["two tools of a name", { toolConfig: { tools: [spec("f"), spec("f")] } }, /same name/],
    ["a tool name", { toolConfig: { tools: [spec("a.b")] } }, /regular expression/],
    [
      "two choices",
      { toolConfig: { ...withTools.toolConfig, toolChoice: { any: {}, auto: {} } } },
      /expected one of/,
    ],
    [
      "the choice of no tool",
      { toolConfig: { ...withTools.toolConfig, toolChoice: { tool: { name: "g" } } } },
      /not among the tools/,
    ],
    ["calls without tools", messages(user([text]), says(use), user([result()])), /toolConfig field must/],
    [
      "a call without a result",
      { ...messages(user([text]), says(use)), ...withTools },
      /Expected toolResult/,
    ],
    [
      "a result of another call",
      { ...messages(user([text]), says(use), user([result("t2")])), ...withTools },
      /found: t2/,
    ],
    [
      "a result of JSON that is no object",
      {
        ...messages(user([text]), says(use), user([result("t1", { content: [{ json: [1] }] })])),
        ...withTools,
      },
      /json: expected type: JSONObject, found: JSONArray/,
    ],
    [
      "a cache point on a message with tool content",
      { ...messages(user([text]), says(use), user([result(), { ...text, ...point }])), ...withTools },
      malformed("#/messages/2/content/1: extraneous key [cachePoint] is not permitted"),
    ],
    ["five cache points", messages(user(Array(5).fill({ ...text, ...point }))), /maximum of 4/],
    ["no profile", {}, /on-demand throughput isn\u2019t supported/, "amazon.nova-2-lite-v1:0"],
    ["an unknown id", {}, "The provided model identifier is invalid.", "amazon.nova-9-v1:0"],
  ]);

  it("to call a tool with a hyphen in its name", async () => {
    const toolConfig = { tools: [spec("get-it")], toolChoice: { any: {} } };
    const body = { ...messages(user([text])), toolConfig };
    const response = await call(emulator(), { model: PRO, body });
    expect([response.status, await bodyOf(response)]).toMatchObject([
      424,
      { message: /invalid sequence as part of ToolUse/, originalStatusCode: 424 },
    ]);
  });
});

describe("Titan refuses", () => {
  const config = (textGenerationConfig: JsonObject) => ({ textGenerationConfig });
  refuses(EXPRESS, { inputText: "User: Hi\nBot:" }, [
    ["an unknown key", { temperature: 1 }, malformed("#: extraneous key [temperature] is not permitted")],
    ["no prompt", { inputText: undefined }, malformed("#: required key [inputText] not found")],
    ["topP 0", config({ topP: 0 }), /topP: 0 is not greater/],
    ["too many tokens", config({ maxTokenCount: 8193 }), /8193 is not less or equal to 8192/],
    ["a stop that is no list", config({ stopSequences: "x" }), /expected type: JSONArray, found: String/],
    ["too long a prompt", { inputText: "x".repeat(40_000) }, /Too many input tokens/],
    ["an unknown id", {}, "The provided model identifier is invalid.", "amazon.titan-text-x"],
  ]);
});

describe("Command R refuses", () => {
  const definition = (name: string, more: JsonObject = {}) => ({
    tools: [{ name, description: "d", parameter_definitions: {}, ...more }],
  });
  const tool_results = [{ call: { name: "f", parameters: {} }, outputs: [{}] }];
  refuses(R_PLUS, { message: "Hi" }, [
    ["an unknown key", { top_p: 1 }, malformed("#: extraneous key [top_p] is not permitted")],
    ["p 1", { p: 1 }, malformed("#/p: 1 is not less or equal to 0.99")],
    ["too many tokens", { max_tokens: 4001 }, /4001 is not less or equal to 4000/],
    ["no message", { message: "" }, /message must be at least 1 token long/],
    ["another role", { chat_history: [{ role: "user", message: "a" }] }, /user is not a valid enum value/],
    [
      "a history with calls",
      { chat_history: [{ role: "USER", message: "a", tool_calls: [] }] },
      /tool_calls/,
    ],
    ["results without tools", { tool_results }, /cannot specify tool_results without specifying tools/],
    ["an output that is no object", { tool_results: [{ ...tool_results[0], outputs: ["x"] }] }, /outputs\/0/],
    ["a hyphen in a name", definition("get-it"), /must not begin with a digit/],
    [
      "a nested parameter",
      definition("f", { parameter_definitions: { a: { type: {} } } }),
      /found: JSONObject/,
    ],
    ["six stops", { stop_sequences: [..."abcdef"] }, /at most 5/],
    ["legacy Command", {}, /end of its life/, "cohere.command-text-v14"],
    ["an unknown id", {}, "The provided model identifier is invalid.", "cohere.command-x"],
  ]);
});

describe("answers, read by the router", () => {
  /** Arguments as values too: a whole answer has them as an object. */
  const comparable = ({ calls: made, ...rest }: Folded) => ({
    ...rest,
    calls: made.map(({ name, args }) => ({ name, args: JSON.parse(args) as unknown })),
  });
  const { read, both } = routedTo(emulator, () => ({}), comparable);

  it.each([PRO, MICRO, NOVA_2, EXPRESS, R_PLUS])("%s answers", async (model) => {
    const messages = [{ role: "system", content: "Be Grünkohl." }, user("[[system]] How are you?")];
    const folded = await both({ messages }, model);
    expect(folded).toMatchObject({ finish: "stop", calls: [], reasoning: "" });
    expect(folded.text).toContain("My system prompt is: Be Grünkohl.");
    expect(folded.text).toContain('You asked: "How are you?"');
    expect(folded.usage?.completionTokens).toBeGreaterThan(0);
  });

  it.each([PRO, NOVA_2, R_PLUS])("%s calls tools, and takes their results", async (model) => {
    const messages = [user("What is the weather in Oslo? And what time is it now?")];
    const tools = [weather, tool("time-now")];
    const folded = await both({ messages, tools }, model);
    expect(folded.finish).toBe("tool_calls");
    expect(folded.text + folded.reasoning).not.toMatch(/<\/?thinking>/);
    expect(folded.reasoning !== "").toBe(model === PRO);
    expect(comparable(folded).calls).toEqual([
      { name: "get_weather", args: { city: "Oslo" } },
      { name: "time-now", args: {} },
    ]);
    const answers = answered({ ...folded, text: "" }, (name) => `result of ${name}`);
    const next = await both({ messages: [...messages, ...answers], tools }, model);
    expect(next.finish).toBe("stop");
    for (const { name } of folded.calls) expect(next.text).toContain(`result of ${name}`);
  });

  it("Nova 2 shows its own reasoning", async () => {
    const folded = await both({ messages: [user("How are you?")], reasoning_effort: "high" }, NOVA_2);
    expect(folded.reasoning).toBe("[REDACTED]");
  });

  it("Nova answers by schema, and sees images", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const response_format = { type: "json_schema", json_schema: { name: "x", schema, strict: true } };
    for (const stream of [true, false]) {
      const body = { messages: [user("Which city? Oslo")], response_format };
      const { text, finish, calls } = await read(body, PRO, stream);
      expect([JSON.parse(text), finish, calls]).toEqual([{ city: "Oslo" }, "stop", []]);
    }
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
    expect((await both({ messages: [user([image])] }, PRO)).text).toContain("I see 1 image: image/png");
  });

  it.each([PRO, EXPRESS, R_PLUS])("%s stops where it is told to", async (model) => {
    const messages = [user("How are you?")];
    expect(await both({ messages, max_tokens: 3 }, model)).toMatchObject({ finish: "length" });
    const { text, finish } = await both({ messages, stop: "are" }, model);
    expect([text.trimStart(), finish]).toEqual(['You asked: "How ', "stop"]);
  });
});

describe("what the router sends", () => {
  const MODELS: readonly (readonly [string, EmulatedFamily])[] = [
    ...[PRO, MICRO, NOVA_2].map((id) => [id, nova] as const),
    [EXPRESS, titan],
    [R_PLUS, cohere],
  ];
  const word = fc.constantFrom("a", "", " ", "\ud83d", "User: x", "</thinking>", '{"a":null}', '{"b":[1]}');
  const role = fc.constantFrom("system", "user", "assistant", "tool", "unanswered");
  const turns = fc.array(fc.tuple(role, word, fc.boolean()), { maxLength: 7 });
  const schema = {
    type: "object",
    properties: { a: { $ref: "#/$defs/A" } },
    $defs: { A: { type: "string" } },
  };
  const tools = fc.constantFrom(
    [],
    [weather],
    [{ ...weather, function: { ...weather.function, strict: true, parameters: schema } }],
    [tool("f-1", { "a-b": { type: ["integer", "null"] } }), weather],
  );
  const settings = fc.record({ ...SETTINGS, tools }, { requiredKeys: [] });
  const cached = (text: string) => [{ type: "text", text, cache_control: { type: "ephemeral" } }];

  it("is never refused", () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), turns, settings, ([id, emulated], list, more) => {
        const target = bedrockTarget(id);
        const messages = list.flatMap(([role, text, marked], index): JsonObject[] => {
          const content = marked ? cached(text) : text;
          if (role !== "tool" && role !== "unanswered") return [{ role, content }];
          if (emulated === titan) return [];
          const id = `x:${index % 3}`;
          const called = calls(id, index % 2 === 0 ? "f-1" : "get_weather", text, marked ? content : null);
          return role === "tool" ? [called, result(id, content)] : [called];
        });
        const last = list.length % 2 === 0 ? [user(cached("end"))] : [];
        const tools = emulated === titan ? { tools: [] } : {};
        const body = { ...more, ...tools, messages: [user("begin"), ...messages, ...last] };
        expectUnderstood(target, { ...body, stream: true }, () => emulated);
      }),
      { numRuns: 600 },
    );
  });
});
