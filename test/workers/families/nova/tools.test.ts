/** Tools and JSON answers in what Nova is sent. */
import { describe, expect, it } from "vitest";
import { called, result, says, tool, user } from "../../../support/claude-requests.ts";
import { encode, json, refused, TOOLS, toolConfig } from "../../../support/nova-requests.ts";

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
