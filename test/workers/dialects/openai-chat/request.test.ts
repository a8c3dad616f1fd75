import invalidExamples from "virtual:vectors/openai/examples/invalid";
import examples from "virtual:vectors/openai/examples/valid";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RouterError } from "../../../../src/errors.ts";
import { parseChat } from "../../../../src/dialects/openai-chat/client/parse.ts";

const user = (content: unknown) => ({ role: "user", content });
const minimal = { messages: [user("hi")] };

function rejection(body: unknown): RouterError {
  try {
    parseChat(body);
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown;
    throw thrown;
  }
  throw new Error("was accepted");
}

describe("parseChat", () => {
  it("fills in what OpenAI's API defaults to", () => {
    expect(parseChat(minimal)).toMatchObject({
      model: "auto",
      stream: false,
      stop: [],
      n: 1,
      tools: [],
      responseFormat: { type: "text" },
      messages: [{ role: "user", content: [{ type: "text", text: "hi", param: "messages[0].content" }] }],
    });
    expect(parseChat(minimal)).not.toHaveProperty("maxTokens");
  });

  it("keeps the body as the client sent it, unknown fields too", () => {
    const body = { ...minimal, x_vendor: { a: [1, null] }, seed: 7 };
    expect(parseChat(body).source.body).toBe(body);
  });

  it("reads null as not set", () => {
    const body = {
      ...minimal,
      model: null,
      temperature: null,
      tools: null,
      stop: null,
      max_tokens: null,
      n: null,
    };
    expect(parseChat(body)).toMatchObject({ model: "auto", tools: [], stop: [], n: 1 });
    expect(parseChat(body)).not.toHaveProperty("temperature");
  });

  it("lets max_completion_tokens win over max_tokens", () => {
    expect(parseChat({ ...minimal, max_tokens: 5, max_completion_tokens: 9 }).maxTokens).toBe(9);
    expect(parseChat({ ...minimal, max_tokens: 5 }).maxTokens).toBe(5);
  });

  it("takes stop as a string or a list", () => {
    expect(parseChat({ ...minimal, stop: "END" }).stop).toEqual(["END"]);
    expect(parseChat({ ...minimal, stop: ["a", "b"] }).stop).toEqual(["a", "b"]);
  });

  it("reads developer messages as system messages", () => {
    const { messages } = parseChat({ messages: [{ role: "developer", content: "Be brief" }, user("hi")] });
    expect(messages.map((m) => m.role)).toEqual(["system", "user"]);
  });

  it("reads tool calls and their results", () => {
    const { messages } = parseChat({
      messages: [
        user("weather?"),
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "w", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "12 C" }] },
      ],
    });
    expect(messages[1]).toEqual({
      role: "assistant",
      content: [],
      toolCalls: [{ id: "c1", name: "w", arguments: '{"a":1}' }],
    });
    expect(messages[2]).toMatchObject({ role: "tool", toolCallId: "c1", content: [{ text: "12 C" }] });
  });

  it("folds the deprecated function interface into tools", () => {
    const parsed = parseChat({
      messages: [
        user("weather?"),
        { role: "assistant", content: null, function_call: { name: "w", arguments: "{}" } },
        { role: "function", name: "w", content: "12 C" },
      ],
      functions: [{ name: "w", parameters: { type: "object" } }],
      function_call: { name: "w" },
    });
    const call = parsed.messages[1];
    const result = parsed.messages[2];
    if (call?.role !== "assistant" || result?.role !== "tool") throw new Error("wrong roles");
    expect(result.toolCallId).toBe(call.toolCalls[0]?.id);
    expect(parsed.tools).toEqual([
      { param: "functions[0]", name: "w", parameters: { type: "object" }, strict: false },
    ]);
    expect(parsed.toolChoice).toEqual({ param: "function_call", type: "function", name: "w" });
  });

  it("reads every tool choice", () => {
    const tools = [{ type: "function", function: { name: "f" } }];
    const param = "tool_choice";
    const choice = (tool_choice: unknown) => parseChat({ ...minimal, tools, tool_choice }).toolChoice;
    expect(choice("none")).toEqual({ param, type: "none" });
    expect(choice("required")).toEqual({ param, type: "required" });
    expect(choice({ type: "function", function: { name: "f" } })).toEqual({
      param,
      type: "function",
      name: "f",
    });
    expect(
      choice({
        type: "allowed_tools",
        allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "f" } }] },
      }),
    ).toEqual({ param, type: "allowed_tools", mode: "required", names: ["f"] });
    expect(choice({ type: "custom", custom: { name: "f" } })).toEqual({
      param,
      type: "other",
      kind: "custom",
    });
  });

  it("keeps tools and parts that only some upstream knows", () => {
    const parsed = parseChat({
      messages: [user([{ type: "video_url", video_url: { url: "https://a/b" } }])],
      tools: [{ type: "custom", custom: { name: "c" } }],
    });
    expect(parsed.otherTools).toEqual([{ kind: "custom", param: "tools[0]" }]);
    expect(parsed.messages[0]?.content[0]).toMatchObject({ type: "other", kind: "video_url" });
  });

  it.each([
    ["a string", "hello", null, /JSON object/],
    ["no messages", {}, "messages", /missing; expected an array/],
    ["empty messages", { messages: [] }, "messages", /empty/],
    ["an unknown role", { messages: [{ role: "human", content: "x" }] }, "messages[0].role", /"user"/],
    ["a user message without content", { messages: [user(null)] }, "messages[0].content", /needs content/],
    ["a number as content", { messages: [user(5)] }, "messages[0].content", /string/],
    [
      "a text part without text",
      { messages: [user([{ type: "text" }])] },
      "messages[0].content[0].text",
      /string/,
    ],
    ["a part without type", { messages: [user([{ text: "x" }])] }, "messages[0].content[0].type", /string/],
    [
      "a tool message without its call",
      { messages: [{ role: "tool", content: "x" }] },
      "messages[0].tool_call_id",
      /call/,
    ],
    ["a temperature of 3", { ...minimal, temperature: 3 }, "temperature", /at most 2/],
    ["max_tokens 0", { ...minimal, max_tokens: 0 }, "max_tokens", /at least 1/],
    ["n 0", { ...minimal, n: 0 }, "n", /at least 1/],
    ["stop as a number", { ...minimal, stop: 5 }, "stop", /string/],
    [
      "a tool without a function",
      { ...minimal, tools: [{ type: "function" }] },
      "tools[0].function",
      /object/,
    ],
    [
      "a tool without a name",
      { ...minimal, tools: [{ type: "function", function: {} }] },
      "tools[0].function.name",
      /string/,
    ],
    [
      "json_schema without a schema",
      { ...minimal, response_format: { type: "json_schema" } },
      "response_format.json_schema",
      /object/,
    ],
    ["stream as a text", { ...minimal, stream: "yes" }, "stream", /boolean/],
  ])("refuses %s and names the field", (_, body, param, text) => {
    const error = rejection(body);
    expect(error.status).toBe(400);
    expect(error.param).toBe(param);
    expect(error.message).toMatch(text);
  });

  it("is total: any value parses or is refused with a 400", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseChat(value);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RouterError);
          expect(thrown).toMatchObject({ status: 400 });
        }
      }),
    );
  });

  it("keeps every text of every message", () => {
    const content = fc.oneof(
      fc.string(),
      fc.array(fc.string(), { minLength: 1 }).map((texts) => texts.map((text) => ({ type: "text", text }))),
    );
    const message = fc.record({ role: fc.constantFrom("system", "developer", "user", "assistant"), content });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (messages) => {
        const parsed = parseChat({ messages });
        const texts = (c: string | { text: string }[]) =>
          typeof c === "string" ? [c] : c.map((p) => p.text);
        expect(parsed.messages.map((m) => m.content.map((p) => (p.type === "text" ? p.text : "")))).toEqual(
          messages.map((m) => texts(m.content)),
        );
      }),
    );
  });
});

describe("a request with too much in it", () => {
  const some = <T>(count: number, element: T): T[] => new Array<T>(count).fill(element);
  const names = (count: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, value]));
  const text = { type: "text", text: "x" };
  const tool = { type: "function", function: { name: "f" } };
  const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
  const allowed = (count: number) => ({
    type: "allowed_tools",
    allowed_tools: { mode: "auto", tools: some(count, tool) },
  });

  it.each<[string, number, (count: number) => object]>([
    ["messages", 10_000, (count) => ({ messages: some(count, user("hi")) })],
    ["messages[0].content", 10_000, (count) => ({ messages: [user(some(count, text))] })],
    [
      "messages[0].tool_calls",
      1000,
      (count) => ({
        messages: [{ role: "assistant", tool_calls: some(count, call) }],
      }),
    ],
    ["tools", 1000, (count) => ({ ...minimal, tools: some(count, tool) })],
    ["functions", 1000, (count) => ({ ...minimal, functions: some(count, { name: "f" }) })],
    ["tool_choice.allowed_tools.tools", 1000, (count) => ({ ...minimal, tool_choice: allowed(count) })],
    ["stop", 256, (count) => ({ ...minimal, stop: some(count, "x") })],
    ["logit_bias", 2048, (count) => ({ ...minimal, logit_bias: names(count, 1) })],
    ["metadata", 500, (count) => ({ ...minimal, metadata: names(count, "x") })],
  ])("%s: %i are taken, one more is not, whatever it is", (param, most, bodyOf) => {
    expect(parseChat(bodyOf(most)).messages.length).toBeGreaterThan(0);
    expect(rejection(bodyOf(most + 1))).toMatchObject({ code: "invalid_value", status: 400, param });
  });

  it.each([
    [{ messages: some(10_000, 0) }, "messages[0]"],
    [{ messages: [...some(9999, user("hi")), 0] }, "messages[9999]"],
    [{ messages: some(2, user(some(10_000, 7))) }, "messages[0].content[0]"],
    [{ ...minimal, tools: [tool, ...some(999, null)] }, "tools[1]"],
    [{ ...minimal, stop: ["x", ...some(255, {})] }, "stop[1]"],
  ])("is told by its first fault", (body, param) => {
    expect(rejection(body)).toMatchObject({ code: "invalid_value", param });
  });
});

describe.skipIf(examples.length === 0)("OpenAI's own examples", () => {
  const requests = examples.filter(({ name }) => name.startsWith("request-"));
  it.each(requests)("$name is accepted", ({ json }) => {
    expect(parseChat(json).messages.length).toBeGreaterThan(0);
  });

  // A request without a model is LLMRouter's way of saying `auto`.
  const broken = invalidExamples.filter(
    ({ name }) => name.startsWith("request-") && name !== "request-no-model",
  );
  it.each(broken)("$name is refused", ({ json }) => {
    expect(rejection(json).status).toBe(400);
  });
});
