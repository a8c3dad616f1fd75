/** What requests become for Command R: one message, a history, flat tools and their results. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cohere } from "../../../../src/families/cohere/index.ts";
import { familyFor } from "../../../../src/families/index.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { bedrockTarget, chat, thrownBy } from "../../../support/bedrock.ts";
import { missingInOrder } from "../../../support/bodies.ts";
import { called, result, says, tool, user } from "../../../support/claude-requests.ts";
import { encode, refused, talk, target } from "../../../support/cohere-requests.ts";

const TOOLS = { tools: [tool("look"), tool("find")] };

const definitions = (properties: JsonObject, required: string[] = []): unknown => {
  const parameters = { type: "object", properties, required };
  const { tools } = encode({ tools: [tool("look", { parameters })] }).body;
  return (tools as JsonObject[])[0]?.parameter_definitions;
};

describe("the body", () => {
  it("is exactly this for a plain request", () => {
    const { body, operation, dropped } = encode({
      messages: [{ role: "system", content: "Be brief." }, user("a"), says("b"), user("c")],
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.2,
      presence_penalty: 0.1,
      seed: 7,
      stop: "END",
      stream: true,
      user: "u",
    });
    expect(body).toEqual({
      chat_history: [
        { role: "USER", message: "a" },
        { role: "CHATBOT", message: "b" },
      ],
      message: "c",
      preamble: "Be brief.",
      max_tokens: 100,
      temperature: 0.5,
      p: 0.9,
      frequency_penalty: 0.2,
      presence_penalty: 0.1,
      seed: 7,
      stop_sequences: ["END"],
    });
    expect([operation, dropped]).toEqual(["invoke-with-response-stream", ["user"]]);
  });

  it("holds no key without a value", () => {
    expect(encode({}).body).toEqual({ message: "Hi", max_tokens: 4000 });
    expect(encode({}).operation).toBe("invoke");
  });

  it("does not give one parameter another's value", () => {
    expect(encode({ temperature: 0.3, top_p: 0.4 }).body).not.toHaveProperty("seed");
  });

  it("is clamped to Cohere's ranges, and that is reported", () => {
    const { body, dropped } = encode({
      ...{ max_tokens: 9000, temperature: 2, top_p: 1 },
      ...{ frequency_penalty: -1, presence_penalty: 2, seed: -5 },
    });
    expect(body).toMatchObject({ max_tokens: 4000, temperature: 1, p: 0.99, seed: 0 });
    expect(body).toMatchObject({ frequency_penalty: 0, presence_penalty: 1 });
    expect(dropped).toEqual([
      ...["frequency_penalty", "max_tokens", "presence_penalty", "seed", "temperature", "top_p"],
    ]);
  });

  it("asks for JSON in words, and says that it is no more", () => {
    const { body, dropped } = encode({ response_format: { type: "json_object" } });
    expect(body.preamble).toMatch(/JSON object/);
    expect(dropped).toEqual(["response_format"]);
    const json_schema = { name: "x", schema: { type: "object" }, strict: true };
    expect(refused({ response_format: { type: "json_schema", json_schema } })).toMatchObject({
      code: "unsupported_parameter",
      param: "response_format",
    });
  });

  it("is not made for legacy Command, whose error names what to use", () => {
    const legacy = bedrockTarget("cohere.command-text-v14");
    expect(familyFor(legacy).name).toBe("cohere");
    const error = thrownBy(() => cohere.encode(chat({}), legacy));
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).toMatch(/llms\.tested.*command-text-v14.*cohere\.command-r-plus-v1:0/);
    expect(cohere.facts(legacy).capabilities?.tools).toBe(false);
  });

  it("tells what is known of the model", () => {
    expect(cohere.facts(target)).toEqual({
      contextWindow: 128_000,
      maxOutput: 4000,
      capabilities: { tools: true, images: false, streaming: true, reasoning: false },
    });
  });
});

describe("messages", () => {
  it("of one role in a row become one, system texts one preamble", () => {
    const messages = [
      ...[{ role: "system", content: "One" }, user("a"), user("b"), says("c")],
      ...[{ role: "developer", content: "Two" }, user([{ type: "text", text: "d" }])],
    ];
    expect(talk(messages)).toMatchObject({
      chat_history: [
        { role: "USER", message: "a\n\nb" },
        { role: "CHATBOT", message: "c" },
      ],
      message: "d",
      preamble: "One\n\nTwo",
    });
  });

  it("that end with the assistant ask it to go on", () => {
    expect(talk([user("a"), says("The answer is")])).toMatchObject({
      chat_history: [
        { role: "USER", message: "a" },
        { role: "CHATBOT", message: "The answer is" },
      ],
      message: "Continue.",
    });
  });

  it.each([
    [
      [user([{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }])],
      "messages[0].content[0]",
    ],
    [
      [...called().slice(0, 2), result("c1", [{ type: "file", file: { file_id: "x" } }])],
      "messages[2].content[0]",
    ],
  ])("refuse anything but text", (messages, param) => {
    expect(refused({ messages })).toMatchObject({ code: "unsupported_content", param, status: 400 });
  });

  it("need a text, and a call for every result", () => {
    expect(refused({ messages: [{ role: "system", content: " " }] })).toMatchObject({ param: "messages" });
    expect(refused({ messages: [user("a"), result("c9", "x")] })).toMatchObject({
      code: "invalid_value",
      param: "messages[1].tool_call_id",
    });
  });

  it("keep every text, in order", () => {
    const word = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => /\S/.test(text));
    const turn = fc.record({ role: fc.constantFrom("user", "assistant"), content: word });
    fc.assert(
      fc.property(fc.array(turn), (turns) => {
        const body = talk([user("Hi"), ...turns]);
        const sent = ["Hi", ...turns.map(({ content }) => content)].map((text) => text.toWellFormed());
        expect(missingInOrder([body.chat_history, body.message], sent)).toEqual([]);
      }),
    );
  });
});

describe("tools", () => {
  it("have flat parameters of Python's types", () => {
    const properties = {
      city: { type: "string", description: "Where" },
      days: { type: ["integer", "null"] },
      share: { type: "number" },
      exact: { type: "boolean" },
      tags: { type: "array", items: { type: "string" } },
      either: { anyOf: [{ type: "null" }, { type: "integer" }] },
    };
    expect(definitions(properties, ["city"])).toMatchObject({
      city: { description: "Where", type: "str", required: true },
      days: { type: "int", required: false },
      share: { type: "float" },
      exact: { type: "bool" },
      tags: { type: "List[str]" },
      either: { type: "int" },
    });
  });

  it("tell in words what a flat type cannot say", () => {
    const nested = { type: "object", description: "A", properties: { x: { $ref: "#/$defs/X" } } };
    const defined = definitions({ nested, unit: { enum: ["C", "F"] } }) as Record<string, JsonObject>;
    expect(defined.nested?.type).toBe("Dict");
    expect(defined.nested?.description).toMatch(/^A JSON Schema: \{.*"properties":\{"x":/);
    expect(defined.unit?.description).toContain('"enum":["C","F"]');
  });

  it("have names and parameter names that Cohere takes", () => {
    const parameters = { type: "object", properties: { "a-b": { type: "string" } } };
    const { tools } = encode({ tools: [tool("get-weather", { parameters, description: "" })] }).body;
    expect(tools).toEqual([
      {
        name: "get_x2d_weather",
        description: "get-weather",
        parameter_definitions: { a_x2d_b: { type: "str", required: false } },
      },
    ]);
  });

  it("are left out where none may be called, and filtered by allowed_tools", () => {
    expect(encode({ ...TOOLS, tool_choice: "none" }).body).not.toHaveProperty("tools");
    const allowed_tools = { mode: "auto", tools: [{ type: "function", function: { name: "find" } }] };
    const { tools } = encode({ ...TOOLS, tool_choice: { type: "allowed_tools", allowed_tools } }).body;
    expect(tools).toMatchObject([{ name: "find" }]);
  });

  it.each([["required"], [{ type: "function", function: { name: "find" } }]])(
    "cannot be forced by %j",
    (tool_choice) => {
      expect(refused({ ...TOOLS, tool_choice })).toMatchObject({
        code: "unsupported_parameter",
        param: "tool_choice",
        status: 400,
      });
    },
  );

  it("report what Cohere does not know", () => {
    const tools = [tool("look", { strict: true })];
    expect(encode({ tools, parallel_tool_calls: false }).dropped).toEqual(["parallel_tool_calls", "strict"]);
  });
});

describe("tool results", () => {
  const asked = [user("Weather?"), says(null, ["c1", '{"a-b":"Oslo"}'], ["c2", ""])];
  const answered = [...asked, result("c2", "cold"), result("c1", '{"t":12}')];

  it("travel with the tools, by call and not by id", () => {
    const body = talk(answered, TOOLS);
    expect(body).toMatchObject({ message: "Weather?", tools: [{ name: "look" }, { name: "find" }] });
    expect(body).not.toHaveProperty("chat_history");
    expect(body.tool_results).toEqual([
      { call: { name: "look", parameters: { a_x2d_b: "Oslo" } }, outputs: [{ t: 12 }] },
      { call: { name: "look", parameters: {} }, outputs: [{ text: "cold" }] },
    ]);
  });

  it.each([
    ['[{"a":1},{"b":2}]', [{ a: 1 }, { b: 2 }]],
    ["[1]", [{ text: "[1]" }]],
    ["[]", [{ text: "[]" }]],
    ['{"a":null}', [{ text: '{"a":null}' }]],
    ["{oops", [{ text: "{oops" }]],
    ["", [{ text: "(no output)" }]],
  ])("%s is %j", (text, outputs) => {
    const { tool_results } = talk([user("a"), says(null, ["c1"]), result("c1", text)], TOOLS);
    expect(tool_results).toMatchObject([{ outputs }]);
  });

  it("of several steps stay together, in order", () => {
    const steps = [...answered, says(null, ["c1", "{}", "find"]), result("c1", "found")];
    const { message, tool_results } = talk(steps, TOOLS);
    expect(message).toBe("Weather?");
    expect((tool_results as JsonObject[]).map(({ call }) => (call as JsonObject).name)).toEqual([
      ...["look", "look", "find"],
    ]);
  });

  it("follow what the assistant said to its calls", () => {
    const steps = [user("Weather?"), says("Let me see.", ["c1"]), result("c1", "12 C")];
    expect(talk(steps, TOOLS)).toMatchObject({
      chat_history: [
        { role: "USER", message: "Weather?" },
        { role: "CHATBOT", message: "Let me see." },
      ],
      message: "Continue.",
      tool_results: [{ outputs: [{ text: "12 C" }] }],
    });
  });

  it("of the past are told in the history, in order", () => {
    const messages = [...answered, says("12 C."), user("Thanks")];
    const body = talk(messages, TOOLS);
    expect(body).not.toHaveProperty("tool_results");
    expect(body.message).toBe("Thanks");
    const texts = ["Weather?", '{"a-b":"Oslo"}', '{"t":12}', "cold", "12 C."];
    expect(
      missingInOrder(
        body.chat_history,
        texts.map((text) => text),
      ),
    ).toEqual([]);
  });

  it.each([
    ["the request has no tools", {}],
    ["none may be called", { ...TOOLS, tool_choice: "none" }],
    ["the tool is no longer among them", { tools: [tool("other")] }],
  ])("are told in the message where %s", (_, more) => {
    const body = talk(answered, more);
    expect(body).not.toHaveProperty("tool_results");
    expect(body.chat_history).toEqual([{ role: "USER", message: "Weather?" }]);
    expect(missingInOrder(body.message, ['{"t":12}', "cold"])).toEqual([]);
  });

  it("say so where they are missing", () => {
    const { tool_results } = talk([user("a"), says(null, ["c1"])], TOOLS);
    expect(tool_results).toMatchObject([{ outputs: [{ text: expect.stringMatching(/No result/) }] }]);
  });
});
