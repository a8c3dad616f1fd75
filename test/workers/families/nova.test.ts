/** What a request becomes for Amazon Nova. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BedrockTarget, Encoded } from "../../../src/contracts.ts";
import { novaModel } from "../../../src/families/catalogue/nova.ts";
import { familyFor } from "../../../src/families/index.ts";
import { nova } from "../../../src/families/nova/index.ts";
import { objectSchema } from "../../../src/families/object-schema.ts";
import { originalName, plainName } from "../../../src/families/tool-names.ts";
import type { JsonObject } from "../../../src/openai/types.ts";
import { bedrockTarget, chat, thrownBy } from "../../support/bedrock.ts";
import { emptyMembers, missingInOrder } from "../../support/bodies.ts";
import { called, result, says, tool, user } from "../../support/claude-requests.ts";

const PRO = "us.amazon.nova-pro-v1:0";
const MICRO = "amazon.nova-micro-v1:0";
const NOVA_2 = "global.amazon.nova-2-lite-v1:0";
const PNG = "iVBORw0KGgoAAAANSUhEUg==";
const IMAGE = { type: "image_url", image_url: { url: `data:image/jpeg;base64,${PNG}` } };
const CACHED = { cache_control: { type: "ephemeral" } };
const TOOLS = { tools: [tool("look"), tool("find")] };

interface Message {
  role: string;
  content: JsonObject[];
}

const encode = (body: JsonObject, model = PRO, more: Partial<BedrockTarget> = {}): Encoded => {
  const encoded = nova.encode(chat(body), bedrockTarget(model, more));
  expect(emptyMembers(encoded.body, ["input", "json"])).toEqual([]);
  return encoded;
};
const refused = (body: JsonObject, model = PRO): unknown => thrownBy(() => encode(body, model));
const turns = (messages: unknown[], model?: string): Message[] =>
  encode({ messages }, model).body.messages as Message[];
const toolConfig = (body: JsonObject) => encode(body).body.toolConfig as JsonObject | undefined;
const json = (schema: JsonObject, more: JsonObject = {}) => ({
  response_format: { type: "json_schema", json_schema: { name: "x", schema, ...more } },
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

describe("messages", () => {
  it("hoists system texts in order and merges turns", () => {
    const { body } = encode({
      messages: [
        { role: "system", content: "One" },
        user("a"),
        { role: "developer", content: "Two" },
        user([{ type: "text", text: "b" }]),
        says("c"),
        says("d"),
        user("e"),
      ],
    });
    expect(body.system).toEqual([{ text: "One" }, { text: "Two" }]);
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "a" }, { text: "b" }] },
      { role: "assistant", content: [{ text: "c" }, { text: "d" }] },
      { role: "user", content: [{ text: "e" }] },
    ]);
  });

  it("begins with the user, and continues a final assistant turn as it stands", () => {
    const [first, ...rest] = turns([says("Welcome"), user("a"), says("The answer is ")]);
    expect(first?.role).toBe("user");
    expect(rest.at(-1)).toEqual({ role: "assistant", content: [{ text: "The answer is " }] });
  });

  it("does not continue an answered turn when the user's text is blank", () => {
    expect(turns([user("a"), says("b"), user(" ")]).at(-1)?.role).toBe("user");
  });

  it("sends images as base64 with the format of the bytes, in user turns and tool results", () => {
    const block = { image: { format: "png", source: { bytes: PNG } } };
    const look = { type: "text", text: "Look" };
    expect(turns([user([look, IMAGE])])[0]?.content).toEqual([{ text: "Look" }, block]);
    const history = [user("a"), says(null, ["c1"]), result("c1", [look, IMAGE])];
    expect(turns(history)[2]?.content[0]).toMatchObject({
      toolResult: { content: [{ text: "Look" }, block] },
    });
  });

  it.each([
    ["an image for Nova Micro", [IMAGE], MICRO, "messages[0].content[0]"],
    ["a link", [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }], PRO, /content\[0\]/],
    ["a document", [{ type: "file", file: { file_data: "JVBERi0xLjQK" } }], PRO, "messages[0].content[0]"],
    ["audio", [{ type: "input_audio", input_audio: {} }], PRO, "messages[0].content[0]"],
  ])("refuses %s", (_, content, model, param) => {
    const error = refused({ messages: [user(content)] }, model);
    expect(error).toMatchObject({ code: "unsupported_content", status: 400 });
    expect((error as { param: string }).param).toMatch(param);
  });

  it.each([[[{ role: "system", content: "a" }]], [[user(" ")]]])("refuses a conversation of nothing", (m) => {
    expect(refused({ messages: m })).toMatchObject({ code: "invalid_value", param: "messages" });
  });
});

describe("tool calls and results", () => {
  it("pair up in one user message, before its text", () => {
    const history = [
      user("Weather?"),
      says("Let me see.", ["c1", '{"city":"Oslo"}'], ["c2", ""]),
      result("c2", "cold"),
      result("c1", '{"t": 12}'),
      user("Thanks"),
    ];
    expect(turns(history)).toEqual([
      { role: "user", content: [{ text: "Weather?" }] },
      {
        role: "assistant",
        content: [
          { text: "Let me see." },
          { toolUse: { toolUseId: "c1", name: "look", input: { city: "Oslo" } } },
          { toolUse: { toolUseId: "c2", name: "look", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "c1", content: [{ json: { t: 12 } }], status: "success" } },
          { toolResult: { toolUseId: "c2", content: [{ text: "cold" }], status: "success" } },
          { text: "Thanks" },
        ],
      },
    ]);
  });

  it.each([
    ["[1]", { text: "[1]" }],
    ["7", { text: "7" }],
    ["{not json", { text: "{not json" }],
    ['{"id":12345678901234567890}', { text: '{"id":12345678901234567890}' }],
    ['{"a":null}', { text: '{"a":null}' }],
    ['{"a":[1.5]}', { json: { a: [1.5] } }],
    ["", { text: "(no output)" }],
  ])("sends the result %s as what it is", (text, block) => {
    const [, , last] = turns([user("a"), says(null, ["c1"]), result("c1", text)]);
    expect(last?.content[0]).toMatchObject({ toolResult: { content: [block] } });
  });

  it("keeps arguments that are no object", () => {
    const [, second] = turns([user("a"), says(null, ["c1", "oops"]), result("c1", "x")]);
    expect(second?.content[0]).toMatchObject({ toolUse: { input: { _raw: "oops" } } });
  });

  it("makes ids of other providers fit, unique, and the same in call and result", () => {
    const long = "x".repeat(80);
    const calls: [string][] = [["functions.look:0"], [long], ["c1"], ["c1"]];
    const history = [
      user("a"),
      says(null, ...calls),
      ...["functions.look:0", long, "c1", "c1"].map((id) => result(id, id)),
    ];
    const [, assistant, results] = turns(history);
    const ids = assistant?.content.map(({ toolUse }) => (toolUse as JsonObject).toolUseId);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids ?? []) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(results?.content.map(({ toolResult }) => (toolResult as JsonObject).toolUseId)).toEqual(ids);
  });

  it("answers calls that count from 0 in every turn with the results of their own turn", () => {
    const history = [
      ...[user("a"), says(null, ["call_0"]), result("call_0", "first")],
      ...[says(null, ["call_0"]), result("call_0", "second")],
    ];
    const texts = turns(history).flatMap(({ content }) =>
      content.map((block) => (block.toolResult as JsonObject | undefined)?.content),
    );
    expect(texts.filter(Boolean)).toEqual([[{ text: "first" }], [{ text: "second" }]]);
  });

  it("says so where a result is missing, and refuses one without a call", () => {
    expect(turns([user("a"), says(null, ["c1"])])[2]?.content[0]).toMatchObject({
      toolResult: { status: "error" },
    });
    expect(refused({ messages: [user("a"), result("c9", "x")] })).toMatchObject({
      code: "invalid_value",
      param: "messages[1].tool_call_id",
    });
  });
});

describe("tools", () => {
  it("become toolSpecs with nothing but type, properties and required at the top", () => {
    const parameters = {
      $schema: "https://json-schema.org/draft-07/schema#",
      type: "object",
      title: "Look",
      properties: { at: { $ref: "#/$defs/Place" }, deep: { type: ["string", "null"] } },
      required: ["at"],
      additionalProperties: false,
      $defs: { Place: { type: "string", description: "Where" } },
    };
    expect(toolConfig({ tools: [tool("look", { parameters })] })).toEqual({
      tools: [
        {
          toolSpec: {
            name: "look",
            description: "Does look",
            inputSchema: {
              json: {
                type: "object",
                properties: {
                  at: { type: "string", description: "Where" },
                  deep: { type: ["string", "null"] },
                },
                required: ["at"],
              },
            },
          },
        },
      ],
    });
  });

  it.each([
    ["auto", { auto: {} }],
    ["required", { any: {} }],
    [{ type: "function", function: { name: "find" } }, { tool: { name: "find" } }],
  ])("tool_choice %j", (tool_choice, toolChoice) => {
    expect(toolConfig({ ...TOOLS, tool_choice })?.toolChoice).toEqual(toolChoice);
  });

  it("filters by allowed_tools", () => {
    const only = (mode: string) => ({
      type: "allowed_tools",
      allowed_tools: { mode, tools: [{ type: "function", function: { name: "find" } }] },
    });
    expect(toolConfig({ ...TOOLS, tool_choice: only("required") })).toMatchObject({
      tools: [{ toolSpec: { name: "find" } }],
      toolChoice: { any: {} },
    });
    expect(toolConfig({ ...TOOLS, tool_choice: only("auto") })).toMatchObject({
      tools: [{ toolSpec: { name: "find" } }],
      toolChoice: { auto: {} },
    });
  });

  it("never turns none into auto", () => {
    expect(encode({ ...TOOLS, tool_choice: "none" }).body).not.toHaveProperty("toolConfig");
    const { body } = encode({ ...TOOLS, messages: called(), tool_choice: "none" });
    expect(body.toolConfig).not.toHaveProperty("toolChoice");
    expect(body.system).toEqual([{ text: expect.stringMatching(/not call any tool/) }]);
  });

  it("defines what the history called where the request has no tools", () => {
    const { body } = encode({ messages: called("gone") });
    expect(body.toolConfig).toMatchObject({ tools: [{ toolSpec: { name: "gone" } }] });
    expect(body.system).toHaveLength(1);
  });

  it("sends no hyphen in a name, which Nova cannot call", () => {
    const { body } = encode({
      tools: [tool("get-weather")],
      tool_choice: { type: "function", function: { name: "get-weather" } },
      messages: [user("a"), says(null, ["c1", "{}", "get-weather"]), result("c1", "x")],
    });
    const sent = JSON.stringify(body);
    expect(sent).not.toContain('"get-weather"');
    expect(sent.match(/get_x2d_weather/g)).toHaveLength(3);
    const long = `${"a-".repeat(31)}b`;
    expect(toolConfig({ tools: [tool(long)] })).toMatchObject({ tools: [{ toolSpec: { name: long } }] });
  });

  it("reports what Nova cannot do with tools", () => {
    const tools = [tool("look", { strict: true })];
    expect(encode({ tools, parallel_tool_calls: false }).dropped).toEqual(["parallel_tool_calls", "strict"]);
    expect(encode({ parallel_tool_calls: false }).dropped).toEqual([]);
  });

  it.each([
    [{ tools: [tool("a"), tool("a")] }, "tools[1].function.name"],
    [{ tools: [tool("a.b")] }, "tools[0].function.name"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ ...TOOLS, tool_choice: { type: "function", function: { name: "no" } } }, "tool_choice"],
  ])("refuses %j", (body, param) => {
    expect(refused(body)).toMatchObject({ code: "invalid_value", param, status: 400 });
  });
});

describe("response_format", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const answerTool = { toolSpec: { name: "router_json_answer", inputSchema: { json: schema } } };

  it("forces a tool whose input is the answer, strict or not", () => {
    expect(encode(json(schema, { strict: true })).body.toolConfig).toMatchObject({
      tools: [answerTool],
      toolChoice: { tool: { name: "router_json_answer" } },
    });
  });

  it("leaves the choice between the client's tools and the answer", () => {
    expect(toolConfig({ ...TOOLS, ...json(schema) })).toMatchObject({
      tools: [{}, {}, answerTool],
      toolChoice: { any: {} },
    });
  });

  it("makes way for a tool that the client forces", () => {
    const config = toolConfig({ ...TOOLS, ...json(schema), tool_choice: "required" });
    expect(config?.tools).toHaveLength(2);
  });

  it.each([[{ type: "array", items: {} }], [{ type: "object", additionalProperties: { type: "string" } }]])(
    "only asks for %j, and refuses to promise it",
    (loose) => {
      const { body, dropped } = encode(json(loose));
      expect(JSON.stringify(body.system)).toContain(JSON.stringify(JSON.stringify(loose)).slice(1, -1));
      expect([body.toolConfig, dropped]).toEqual([undefined, ["response_format"]]);
      expect(refused(json(loose, { strict: true }))).toMatchObject({
        code: "unsupported_parameter",
        param: "response_format",
      });
    },
  );

  it("asks for a JSON object in words, and says that it is no more", () => {
    const { body, dropped } = encode({ response_format: { type: "json_object" } });
    expect(body.system).toEqual([{ text: expect.stringMatching(/JSON object/) }]);
    expect(dropped).toEqual(["response_format"]);
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

describe("object schemas", () => {
  it("merge the branches of a root union", () => {
    const a = { type: "object", properties: { kind: { const: "a" }, x: {} }, required: ["kind", "x"] };
    const b = { type: "object", properties: { kind: { const: "b" } }, required: ["kind"] };
    expect(objectSchema({ anyOf: [a, b, { type: "null" }] })).toEqual({
      properties: { kind: { anyOf: [{ const: "a" }, { const: "b" }] }, x: {} },
      required: ["kind"],
    });
    expect(objectSchema({ allOf: [a, { required: ["y"], properties: { y: {} } }] }).required).toEqual([
      ...["kind", "x", "y"],
    ]);
  });

  it("end where a schema contains itself, and leave out what they cannot find", () => {
    const schema = {
      $ref: "#/definitions/Node",
      definitions: {
        Node: {
          type: "object",
          properties: { next: { $ref: "#/definitions/Node" }, other: { $ref: "other.json" }, $ref: {} },
        },
      },
    };
    expect(objectSchema(schema).properties).toEqual({ next: { type: "object" }, other: {}, $ref: {} });
  });

  it("stay small where references multiply", () => {
    const level = (next: number) => ({
      type: "object",
      properties: Object.fromEntries(["a", "b", "c", "d"].map((key) => [key, { $ref: `#/$defs/L${next}` }])),
    });
    const $defs = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`L${at}`, level(at + 1)]));
    const { properties } = objectSchema({ ...level(0), $defs });
    expect(JSON.stringify(properties).length).toBeLessThan(100_000);
  });
});

describe("properties", () => {
  it("tool names survive the escape, whatever they are", () => {
    const name = fc.oneof(fc.string(), fc.stringMatching(/^[-_x0-9a-f.]{0,12}$/));
    fc.assert(
      fc.property(name, (value) => {
        const plain = plainName(value);
        expect(plain).toMatch(/^(?:[A-Za-z_][A-Za-z0-9_]*)?$/);
        expect(originalName(plain)).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  it("every text arrives, in order", () => {
    const word = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => /\S/.test(text));
    const turn = fc.record({ role: fc.constantFrom("user", "assistant"), content: word });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 2 }), fc.array(turn, { minLength: 1 }), (system, talk) => {
        const messages = [...system.map((content) => ({ role: "system", content })), user("Hi"), ...talk];
        const { body } = encode({ messages });
        const sent = [...system, "Hi", ...talk.map(({ content }) => content)].map((t) => t.toWellFormed());
        expect(missingInOrder([body.system, body.messages], sent)).toEqual([]);
      }),
    );
  });
});
