/** What a request's tools and its response_format become. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/chat/request.ts";
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

describe("tools", () => {
  it("become input schemas", () => {
    const { body } = encode(SONNET_4, { tools: [tool("look")], tool_choice: "auto" });
    const look = { name: "look", description: "Does look", input_schema: { type: "object", properties: {} } };
    expect([body.tools, body.tool_choice]).toEqual([[look], { type: "auto" }]);
  });

  it("always have an object schema", () => {
    const schemaOf = (parameters: JsonObject) => {
      const { body } = encode(SONNET_4, { tools: [tool("f", { parameters })] });
      return (body.tools as { input_schema: JsonObject }[])[0]?.input_schema;
    };
    const a = {
      type: "object",
      properties: { a: { type: "string" }, k: { const: 1 } },
      required: ["a", "k"],
    };
    const b = { type: "object", properties: { b: { type: "number" }, k: { const: 2 } }, required: ["k"] };
    expect(schemaOf({})).toEqual({ type: "object" });
    expect(schemaOf({ type: ["object", "null"], properties: {} })).toEqual({
      type: "object",
      properties: {},
    });
    expect(schemaOf({ type: "object", properties: null, required: null })).toEqual({ type: "object" });
    expect(schemaOf({ $ref: "#/$defs/A", $defs: { A: a } })).toEqual(a);
    expect(schemaOf({ oneOf: [a, b, { type: "null" }] })).toEqual({
      type: "object",
      properties: {
        a: { type: "string" },
        b: { type: "number" },
        k: { enum: [1, 2] },
      },
      required: ["k"],
    });
    expect(schemaOf({ allOf: [{ ...a, required: ["a"] }, b] })).toMatchObject({ required: ["a", "k"] });
    expect(
      schemaOf({ $ref: "#/$defs/A", $defs: { A: { anyOf: [{ $ref: "#/$defs/A" }, b] } } }),
    ).toMatchObject({
      type: "object",
      properties: { b: { type: "number" } },
    });
  });

  it.each(["bad name", "a.b", "x".repeat(65), "tür"])("calls %j by a name that it takes", (name) => {
    const { body } = encode(SONNET_4, {
      tools: [tool("ok"), tool(name)],
      tool_choice: { type: "function", function: { name } },
    });
    const plain = name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64);
    expect(body.tools).toMatchObject([{ name: "ok" }, { name: plain }]);
    expect(body.tool_choice).toEqual({ type: "tool", name: plain });
  });

  it("leaves out a tool that nobody could call, by name", () => {
    const { body, dropped } = encode(SONNET_4, {
      tools: [tool("ok"), tool("broken", { parameters: { type: "string" } })],
    });
    expect(body.tools).toMatchObject([{ name: "ok" }]);
    expect(dropped).toEqual(["tools.broken"]);
  });

  it("refuses its own name", () => {
    const error = refused(SONNET_4, { tools: [tool("ok"), tool("router_json_answer")] });
    expect(error).toMatchObject({ code: "invalid_value", param: "tools[1].function.name" });
  });

  it("refuses two tools of one name", () => {
    const error = refused(SONNET_4, { tools: [tool("f"), tool("f")] });
    expect(error).toMatchObject({ code: "invalid_value", param: "tools[1].function.name" });
  });

  it.each([
    ["required", { type: "any" }],
    [
      { type: "function", function: { name: "b" } },
      { type: "tool", name: "b" },
    ],
    ["none", { type: "none" }],
  ])("choice %o", (tool_choice, expected) => {
    expect(encode(SONNET_4, { tools: [tool("a"), tool("b")], tool_choice }).body.tool_choice).toEqual(
      expected,
    );
  });

  it("keeps only allowed tools", () => {
    const allowed = (mode: string, names: string[]) => ({
      type: "allowed_tools",
      allowed_tools: { mode, tools: names.map((name) => ({ type: "function", function: { name } })) },
    });
    const tools = [tool("a"), tool("b"), tool("c")];
    const { body } = encode(SONNET_4, { tools, tool_choice: allowed("required", ["c", "a"]) });
    expect([body.tools, body.tool_choice]).toMatchObject([[{ name: "a" }, { name: "c" }], { type: "any" }]);
    expect(encode(SONNET_4, { tools, tool_choice: allowed("auto", ["b"]) }).body.tool_choice).toEqual({
      type: "auto",
    });
    expect(refused(SONNET_4, { tools, tool_choice: allowed("auto", ["x"]) })).toMatchObject({
      param: "tool_choice",
    });
  });

  it("refuses a choice that no tool can meet", () => {
    const named = { type: "function", function: { name: "b" } };
    for (const body of [{ tools: [tool("a")], tool_choice: named }, { tool_choice: "required" }]) {
      expect(refused(SONNET_4, body)).toMatchObject({ code: "invalid_value", param: "tool_choice" });
    }
  });

  it("tool_choice none never becomes auto, also where a model has no such choice", () => {
    const none = { tools: [tool("look")], tool_choice: "none" };
    expect(encode(SONNET_3_5, none).body).not.toHaveProperty("tools");
    const { body } = encode(SONNET_3_5, { ...none, messages: called() });
    expect(body.tools).toMatchObject([{ name: "look" }]);
    expect(body.system).toMatchObject([{ text: expect.stringMatching(/not call any tool/) }]);
  });

  it("stubs the tools of the history where the client sends none", () => {
    const { body } = encode(SONNET_4, { messages: called("gone") });
    expect(body.tools).toMatchObject([{ name: "gone", input_schema: { type: "object" } }]);
    expect(body.tool_choice).toEqual({ type: "none" });
  });

  it("cannot force a tool on models that refuse it", () => {
    const error = refused(OPUS_5_5, { tools: [tool("a")], tool_choice: "required" });
    expect(error).toMatchObject({ code: "unsupported_parameter", param: "tool_choice" });
  });

  it("are refused for Claude 2", () => {
    const error = refused("anthropic.claude-v2:1", { tools: [tool("a")] });
    expect(error).toMatchObject({ code: "unsupported_parameter", param: "tools" });
  });

  it("parallel_tool_calls: false is sent where models know it, and reported elsewhere", () => {
    const serial = { tools: [tool("a")], parallel_tool_calls: false };
    expect(encode(OPUS_4_6, serial).body.tool_choice).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
    const required = encode(SONNET_4, { ...serial, tool_choice: "required" });
    expect(required.body.tool_choice).toEqual({ type: "any", disable_parallel_tool_use: true });
    const old = encode(SONNET_3_5, serial);
    expect([old.body.tool_choice, old.dropped]).toEqual([undefined, ["parallel_tool_calls"]]);
    expect(encode(SONNET_4, { parallel_tool_calls: false }).body).not.toHaveProperty("tool_choice");
  });

  it("strict is sent where the model and the schema allow it", () => {
    const closed = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
    const strict = (parameters: JsonObject) => ({ tools: [tool("f", { strict: true, parameters })] });
    expect(encode(SONNET_4_5, strict(closed))).toMatchObject({
      body: { tools: [{ strict: true }] },
      dropped: [],
    });
    for (const [model, schema] of [
      [SONNET_4, closed],
      [OPUS_4_7, closed],
      [SONNET_4_5, { ...closed, additionalProperties: true }],
      [SONNET_4_5, { ...closed, properties: { a: { type: "string", maxLength: 3 } } }],
    ] as const) {
      const { body, dropped } = encode(model, strict(schema));
      expect(body.tools).not.toMatchObject([{ strict: true }]);
      expect(dropped).toEqual(["strict"]);
    }
  });
});

describe("response_format", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  };
  const format = (more: JsonObject = {}) => ({
    response_format: { type: "json_schema", json_schema: { name: "place", schema, strict: true, ...more } },
  });

  it("json_object is an instruction", () => {
    const { body, dropped } = encode(SONNET_4_5, { response_format: { type: "json_object" } });
    expect(body.system).toMatchObject([{ type: "text", text: expect.stringMatching(/JSON object/) }]);
    expect([Object.hasOwn(body, "tools"), dropped]).toEqual([false, []]);
  });

  it("text changes nothing", () => {
    expect(encode(SONNET_4, { response_format: { type: "text" } }).body).toEqual(encode(SONNET_4, {}).body);
  });

  it.each([SONNET_4_5, OPUS_4_6, OPUS_5_5])("json_schema is native on %s", (model) => {
    const $schema = "https://json-schema.org/draft/2020-12/schema";
    const { body } = encode(model, { ...format({ schema: { $schema, ...schema } }), tools: [tool("a")] });
    expect(body.output_config).toEqual({ format: { type: "json_schema", schema } });
    expect(body.tools).toHaveLength(1);
    expect(body).not.toHaveProperty("tool_choice");
  });

  it("joins format and effort in one output_config", () => {
    const { body } = encode(OPUS_4_6, { ...format(), reasoning_effort: "low" });
    expect(body.output_config).toMatchObject({ effort: "low", format: { type: "json_schema" } });
  });

  it.each([SONNET_3_5, SONNET_4, OPUS_4_7, "anthropic.claude-sonnet-4-6"])(
    "is one forced tool on %s",
    (model) => {
      const { body, dropped } = encode(model, format());
      expect(body.tools).toMatchObject([{ name: "router_json_answer", input_schema: schema }]);
      expect(body.tool_choice).toEqual({ type: "tool", name: "router_json_answer" });
      expect([Object.hasOwn(body, "output_config"), dropped]).toEqual([false, []]);
    },
  );

  it.each([
    [
      "recursion",
      {
        ...schema,
        properties: { self: { $ref: "#/$defs/R" } },
        $defs: { R: { anyOf: [{ $ref: "#/$defs/R" }, { type: "null" }] } },
      },
    ],
    ["limits", { ...schema, properties: { city: { type: "string", minLength: 1 } } }],
    ["open objects", { ...schema, additionalProperties: true }],
    ["open objects inside", { ...schema, properties: { o: { type: "object", properties: {} } } }],
    ["foreign references", { ...schema, properties: { city: { $ref: "https://example.com/s.json" } } }],
    [
      "long minItems",
      { ...schema, properties: { l: { type: "array", items: { type: "string" }, minItems: 2 } } },
    ],
    ["oneOf", { ...schema, properties: { x: { oneOf: [{ type: "string" }] } } }],
  ])("takes the forced tool for a schema with %s", (_case, unusual) => {
    const { body } = encode(SONNET_4_5, format({ schema: unusual }));
    expect([Object.hasOwn(body, "output_config"), body.tool_choice]).toMatchObject([false, { type: "tool" }]);
  });

  it("accepts references, nullable types and enums as native", () => {
    const rich = {
      ...schema,
      properties: {
        a: { $ref: "#/$defs/A" },
        b: { anyOf: [{ $ref: "#/$defs/A" }, { type: "null" }] },
        c: { type: ["string", "null"], enum: ["x", null], description: "c" },
        d: { type: "array", items: { type: "string", format: "date" }, minItems: 1 },
      },
      $defs: { A: { type: "object", properties: {}, additionalProperties: false } },
    };
    expect(encode(SONNET_4_5, format({ schema: rich })).body).toHaveProperty("output_config");
  });

  it("joins the client's tools: the model must call one of them or answer", () => {
    const { body } = encode(SONNET_4, { ...format(), tools: [tool("a")] });
    expect(body.tools).toMatchObject([{ name: "a" }, { name: "router_json_answer" }]);
    expect(body.tool_choice).toEqual({ type: "any" });
  });

  it("gives way to a tool that the client forces, and overrules tool_choice none", () => {
    const forced = encode(SONNET_4, { ...format(), tools: [tool("a")], tool_choice: "required" });
    expect([forced.body.tools, forced.body.tool_choice]).toMatchObject([[{ name: "a" }], { type: "any" }]);
    for (const model of [SONNET_3_5, SONNET_4]) {
      const none = encode(model, {
        ...format(),
        messages: called(),
        tools: [tool("look")],
        tool_choice: "none",
      });
      expect(none.body.tool_choice).toEqual({ type: "tool", name: "router_json_answer" });
      expect(none.body).not.toHaveProperty("system");
    }
  });

  it("without a way to guarantee it, strict is refused and the rest is an instruction that is reported", () => {
    const open = { schema: { ...schema, additionalProperties: true } };
    expect(refused(OPUS_5_5, format(open))).toMatchObject({
      code: "unsupported_parameter",
      param: "response_format",
    });
    const { body, dropped } = encode(OPUS_5_5, format({ ...open, strict: false }));
    expect(body.system).toMatchObject([{ text: expect.stringContaining('"city"') }]);
    expect(dropped).toEqual(["response_format"]);
    expect(refused(SONNET_4, format({ schema: { type: "array" } }))).toMatchObject({
      param: "response_format",
    });
  });
});
