/** Tools and answer formats in Converse's words, model by model. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { called, result, says, tool, user } from "../../../support/claude-requests.ts";
import {
  encode,
  GLM,
  GPT_OSS,
  json,
  LLAMA,
  MISTRAL_LARGE,
  member,
  NOVA,
  PROFILE_ARN,
  refused,
  SCHEMA,
  SONNET_4,
  SONNET_4_5,
  TITAN,
  TOOLS,
} from "../../../support/converse.ts";

const toolConfig = (body: JsonObject, model?: string) =>
  member("toolConfig", body, model) as { tools: JsonObject[]; toolChoice?: JsonObject } | undefined;
const names = (body: JsonObject, model?: string) =>
  toolConfig(body, model)?.tools.map(({ toolSpec }) => (toolSpec as { name: string }).name);
const system = (body: JsonObject, model?: string) => JSON.stringify(member("system", body, model) ?? []);

describe("tools", () => {
  it("become toolSpecs", () => {
    const parameters = {
      $schema: "x",
      type: "object",
      properties: { q: { type: "string" } },
      required: ["q"],
    };
    const { tools } = toolConfig({ tools: [tool("look", { parameters })] }) ?? {};
    expect(tools).toEqual([
      {
        toolSpec: {
          name: "look",
          description: "Does look",
          inputSchema: { json: { type: "object", properties: { q: { type: "string" } }, required: ["q"] } },
        },
      },
    ]);
    const bare = toolConfig({ tools: [{ type: "function", function: { name: "f", description: " " } }] });
    expect(bare?.tools).toEqual([
      { toolSpec: { name: "f", inputSchema: { json: { type: "object", properties: {} } } } },
    ]);
  });

  it("have an object at the root of their schema", () => {
    const union = {
      anyOf: [
        { type: "object", properties: { a: {} } },
        { type: "object", properties: { b: {} } },
      ],
    };
    const { tools } = toolConfig({ tools: [tool("f", { parameters: union })] }, LLAMA) ?? {};
    expect(tools?.[0]).toMatchObject({
      toolSpec: { inputSchema: { json: { type: "object", properties: { a: {}, b: {} } } } },
    });
    const closed = { ...SCHEMA, additionalProperties: false, title: "T", description: null };
    const schemaFor = (model: string) => {
      const [first] = toolConfig({ tools: [tool("f", { parameters: closed })] }, model)?.tools ?? [];
      const { inputSchema } = (first?.toolSpec ?? {}) as { inputSchema?: { json: unknown } };
      return inputSchema?.json;
    };
    expect(schemaFor(SONNET_4)).toEqual({ ...SCHEMA, additionalProperties: false, title: "T" });
    expect(schemaFor(NOVA)).toEqual(SCHEMA);
  });

  it.each<[choice: unknown, model: string, expected: unknown]>([
    [undefined, SONNET_4, undefined],
    ["auto", SONNET_4, undefined],
    ["required", SONNET_4, { any: {} }],
    [{ type: "function", function: { name: "find" } }, SONNET_4, { tool: { name: "find" } }],
    [{ type: "function", function: { name: "find" } }, NOVA, { tool: { name: "find" } }],
    [{ type: "function", function: { name: "find" } }, MISTRAL_LARGE, { any: {} }],
    ["required", PROFILE_ARN, { any: {} }],
  ])("tool_choice %j for %s is %j", (tool_choice, model, expected) => {
    expect(toolConfig({ ...TOOLS, tool_choice }, model)?.toolChoice).toEqual(expected);
  });

  it("leave only the named one for models that cannot be told its name", () => {
    const named = { ...TOOLS, tool_choice: { type: "function", function: { name: "find" } } };
    expect(names(named, MISTRAL_LARGE)).toEqual(["find"]);
    expect(names(named, SONNET_4)).toEqual(["look", "find"]);
  });

  it("are those that allowed_tools leaves", () => {
    const allowed = (mode: string) => ({
      type: "allowed_tools",
      allowed_tools: { mode, tools: [{ type: "function", function: { name: "find" } }] },
    });
    expect(names({ ...TOOLS, tool_choice: allowed("auto") })).toEqual(["find"]);
    expect(toolConfig({ ...TOOLS, tool_choice: allowed("required") })?.toolChoice).toEqual({ any: {} });
  });

  it("are left out for tool_choice none, unless calls in the history need them", () => {
    expect(encode({ ...TOOLS, tool_choice: "none" }).body).not.toHaveProperty("toolConfig");
    const after = { ...TOOLS, tool_choice: "none", messages: called() };
    expect(names(after)).toEqual(["look", "find"]);
    expect(toolConfig(after)).not.toHaveProperty("toolChoice");
    expect(system(after)).toContain("Do not call any tool");
  });

  it("are made up for calls in the history of a request without tools", () => {
    const messages = [
      user("a"),
      says(null, ["1", "{}", "find"], ["2", "{}", "all"]),
      result("1", "x"),
      result("2", "y"),
    ];
    expect(names({ messages })).toEqual(["all", "find"]);
    expect(system({ messages })).toContain("Do not call any tool");
  });

  it("are refused where the model has none, in requests and in histories", () => {
    expect(refused(TOOLS, TITAN)).toMatchObject({ code: "unsupported_parameter", param: "tools" });
    expect(refused({ messages: called() }, TITAN)).toMatchObject({
      code: "unsupported_content",
      param: "messages[1].tool_calls",
    });
    expect(encode({ ...TOOLS, tool_choice: "none" }, TITAN).body).not.toHaveProperty("toolConfig");
  });

  it("cannot be forced on every model", () => {
    expect(refused({ ...TOOLS, tool_choice: "required" }, LLAMA)).toMatchObject({
      code: "unsupported_parameter",
      param: "tool_choice",
      status: 400,
    });
    const named = { type: "function", function: { name: "look" } };
    expect(refused({ ...TOOLS, tool_choice: named }, LLAMA)).toMatchObject({ param: "tool_choice" });
    expect(encode(TOOLS, LLAMA).body).toHaveProperty("toolConfig");
  });

  it("are asked for as a whole where the model does not stream them", () => {
    const operation = (body: JsonObject, model: string) => encode({ ...body, stream: true }, model).operation;
    expect(operation({}, LLAMA)).toBe("converse-stream");
    expect(operation(TOOLS, LLAMA)).toBe("converse");
    expect(operation(TOOLS, SONNET_4)).toBe("converse-stream");
    expect(operation(TOOLS, PROFILE_ARN)).toBe("converse-stream");
    expect(operation({ ...TOOLS, tool_choice: "none" }, LLAMA)).toBe("converse-stream");
    expect(operation({}, "ai21.j2-ultra-v1")).toBe("converse");
  });

  it("are strict where model and schema can be", () => {
    const closed = { ...SCHEMA, required: ["a"], additionalProperties: false };
    const strict = (parameters: JsonObject, model: string) => {
      const encoded = encode({ tools: [tool("f", { strict: true, parameters })] }, model);
      const { tools } = encoded.body.toolConfig as { tools: { toolSpec: JsonObject }[] };
      return [tools[0]?.toolSpec.strict, encoded.dropped];
    };
    expect(strict(closed, SONNET_4_5)).toEqual([true, []]);
    expect(strict(closed, GLM)).toEqual([true, []]);
    expect(strict(closed, SONNET_4)).toEqual([undefined, ["strict"]]);
    const limited = { ...closed, properties: { a: { type: "number", minimum: 1 } } };
    expect(strict(limited, SONNET_4_5)).toEqual([undefined, ["strict"]]);
  });

  it("report what Converse has no field for", () => {
    expect(encode({ ...TOOLS, parallel_tool_calls: false }).dropped).toEqual(["parallel_tool_calls"]);
    expect(encode({ parallel_tool_calls: false }).dropped).toEqual([]);
  });

  it.each([
    [{ tools: [tool("a"), tool("a")] }, "tools[1].function.name"],
    [{ ...TOOLS, tool_choice: { type: "function", function: { name: "no" } } }, "tool_choice"],
    [{ tool_choice: "required" }, "tool_choice"],
  ])("refuse %j", (body, param) => {
    expect(refused(body)).toMatchObject({ code: "invalid_value", param, status: 400 });
  });
});

describe("response_format", () => {
  const textFormat = (body: JsonObject, model: string) =>
    (member("outputConfig", body, model) as { textFormat: JsonObject } | undefined)?.textFormat;

  it("is native where model and schema allow it", () => {
    for (const model of [SONNET_4_5, GLM, GPT_OSS]) {
      expect(textFormat(json(SCHEMA, { description: "An answer", strict: true }), model)).toEqual({
        type: "json_schema",
        structure: {
          jsonSchema: {
            schema: JSON.stringify({ ...SCHEMA, additionalProperties: false }),
            name: "answer",
            description: "An answer",
          },
        },
      });
    }
    expect(names({ ...json(), ...TOOLS }, SONNET_4_5)).toEqual(["look", "find"]);
  });

  it("is else a tool that the model must call", () => {
    expect(toolConfig(json(), SONNET_4)).toMatchObject({
      tools: [{ toolSpec: { name: "router_json_answer", inputSchema: { json: SCHEMA } } }],
      toolChoice: { tool: { name: "router_json_answer" } },
    });
    expect(toolConfig(json(), MISTRAL_LARGE)?.toolChoice).toEqual({ any: {} });
    const limited = { ...SCHEMA, properties: { a: { type: "string", maxLength: 3 } } };
    expect(names(json(limited), SONNET_4_5)).toEqual(["router_json_answer"]);
    const beside = toolConfig({ ...json(), ...TOOLS }, SONNET_4);
    expect(beside?.toolChoice).toEqual({ any: {} });
    expect(beside?.tools).toHaveLength(3);
  });

  it("does not let a tool of the history answer instead", () => {
    const after = { ...json(), messages: called() };
    expect(toolConfig(after, SONNET_4)).toMatchObject({
      toolChoice: { tool: { name: "router_json_answer" } },
    });
    expect(names(after, MISTRAL_LARGE)).toEqual(["router_json_answer"]);
    expect(system(after, SONNET_4)).toBe("[]");
  });

  it("does not come between a forced tool and its call", () => {
    expect(names({ ...json(), ...TOOLS, tool_choice: "required" }, SONNET_4)).toEqual(["look", "find"]);
  });

  it("is an instruction where nothing else is left, and an error where that is not enough", () => {
    const { body, dropped } = encode(json(), LLAMA);
    expect(JSON.stringify(body.system)).toContain(JSON.stringify(JSON.stringify(SCHEMA)).slice(1, -1));
    expect(dropped).toEqual(["response_format"]);
    expect(refused(json(SCHEMA, { strict: true }), LLAMA)).toMatchObject({
      code: "unsupported_parameter",
      param: "response_format",
    });
    const list = { type: "array", items: { type: "string" } };
    expect(refused(json(list, { strict: true }), SONNET_4)).toMatchObject({ param: "response_format" });
    expect(encode(json(list), SONNET_4).dropped).toEqual(["response_format"]);
    expect(system({ response_format: { type: "json_object" } })).toContain("JSON object");
  });
});
