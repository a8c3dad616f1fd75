import { describe, expect, it } from "vitest";
import { carry } from "../../../../src/chat/carrier.ts";
import { parseResponses } from "../../../../src/dialects/openai-responses/client/parse.ts";
import { openaiResponses } from "../../../../src/dialects/openai-responses/index.ts";
import { RouterError } from "../../../../src/errors.ts";

const request = (body: object) => parseResponses({ input: "Hi", ...body }).request;
const user = (text: string) => ({ type: "message", role: "user", content: text });

/** The messages without the paths of their parts. */
function messages(input: unknown, body: object = {}): unknown {
  return JSON.parse(
    JSON.stringify(request({ ...body, input }).messages, (key, value: unknown) =>
      key === "param" ? undefined : value,
    ),
  );
}

function refusal(body: object): { code: string; param: string | null; message: string } {
  try {
    request(body);
  } catch (thrown) {
    if (thrown instanceof RouterError)
      return { code: thrown.code, param: thrown.param, message: thrown.message };
    throw thrown;
  }
  throw new Error("it was taken");
}

const part = (text: string) => ({ type: "text", text });

describe("the input of a response", () => {
  it("is a text, or items with or without a type", () => {
    expect(messages("Hi")).toEqual([{ role: "user", content: [part("Hi")] }]);
    expect(
      messages([
        { role: "developer", content: "Be brief." },
        { role: "user", content: [{ type: "input_text", text: "Hi" }] },
      ]),
    ).toEqual([
      { role: "system", content: [part("Be brief.")] },
      { role: "user", content: [part("Hi")] },
    ]);
  });

  it("puts instructions first", () => {
    expect(messages("Hi", { instructions: "Be brief." })).toEqual([
      { role: "system", content: [part("Be brief.")] },
      { role: "user", content: [part("Hi")] },
    ]);
  });

  it("makes one turn of neighbouring reasoning, messages and calls, and a message of each result", () => {
    const blocks = [{ kind: "signed" as const, text: "hm", signature: "s" }];
    expect(
      messages([
        user("Go"),
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: carry({ model: "claude", blocks }) },
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "I look.", annotations: [] }],
        },
        { type: "function_call", call_id: "a", name: "read", arguments: '{"p":1}' },
        { type: "custom_tool_call", call_id: "b", name: "patch", input: "+x" },
        { type: "custom_tool_call_output", call_id: "b", output: "done" },
        {
          type: "function_call_output",
          call_id: "a",
          output: [
            { type: "input_text", text: "1" },
            { type: "input_image", image_url: "data:image/png;base64,AA==" },
          ],
        },
      ]),
    ).toEqual([
      { role: "user", content: [part("Go")] },
      {
        role: "assistant",
        content: [part("I look.")],
        toolCalls: [
          { id: "a", name: "read", arguments: '{"p":1}' },
          { id: "b", name: "patch", arguments: '{"input":"+x"}' },
        ],
        reasoning: [{ kind: "signed", text: "hm", signature: "s", of: "claude" }],
      },
      { role: "tool", toolCallId: "b", content: [part("done")] },
      {
        role: "tool",
        toolCallId: "a",
        content: [part("1"), { type: "image_url", url: "data:image/png;base64,AA==" }],
      },
    ]);
  });

  it("leaves out foreign reasoning and items of hosted tools, and names them", () => {
    const parsed = request({
      input: [
        { type: "reasoning", summary: [], encrypted_content: "Z0FBQUFB" },
        { type: "web_search_call", id: "ws_1", status: "completed" },
        user("Hi"),
      ],
    });
    expect(parsed.messages).toHaveLength(1);
    expect(parsed.params.filter(({ silent }) => !silent).map(({ name }) => name)).toEqual([
      ...["input.reasoning", "input.web_search_call"],
    ]);
  });

  it("goes on with a short turn where it ends in an answer", () => {
    expect(messages([user("Hi"), { role: "assistant", content: "So far" }])).toEqual([
      { role: "user", content: [part("Hi")] },
      { role: "assistant", content: [part("So far")], toolCalls: [] },
      { role: "user", content: [part("Go on.")] },
    ]);
  });

  it.each([
    [{ input: undefined }, "input"],
    [{ input: 5 }, "input"],
    [{ input: [user("a"), 5] }, "input[1]"],
    [{ input: [{ type: "weather" }] }, "input[0].type"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input[0]"],
    [{ input: [{ role: "robot", content: "" }] }, "input[0].role"],
    [{ input: [{ type: "function_call", name: "x" }] }, "input[0].call_id"],
    [{ input: [{ type: "function_call_output", call_id: "nobody", output: "x" }] }, "input[0].call_id"],
    [
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
      "input[0].content[0].image_url",
    ],
    [{ conversation: "conv_1" }, "conversation"],
    [{ prompt: { id: "p" } }, "prompt"],
    [{ max_output_tokens: 0 }, "max_output_tokens"],
    [{ tools: [{ type: "function" }] }, "tools[0].name"],
    [{ tools: { a: 1 } }, "tools"],
    [{ tool_choice: "sometimes" }, "tool_choice"],
    [{ reasoning: { effort: "huge" } }, "reasoning.effort"],
    [{ text: { format: { type: "json_schema" } } }, "text.format.name"],
    [{ include: ["a", 1] }, "include[1]"],
  ])("refuses %j by name", (body, param) => {
    expect(refusal(body)).toMatchObject({ code: "invalid_value", param });
  });

  it("looks at nothing in a list that is too long", () => {
    expect(refusal({ input: Array.from({ length: 10_001 }, () => 0) })).toMatchObject({ param: "input" });
    const many = Array.from({ length: 600 }, (_, index) => ({ type: "function", name: `f${index}` }));
    expect(
      refusal({ tools: many, input: [{ type: "additional_tools", tools: many }, user("Hi")] }),
    ).toMatchObject({ param: "input[0].tools" });
  });
});

describe("the tools of a response", () => {
  it("are functions, with names that fit, in namespaces and among the items", () => {
    const long = "n".repeat(60);
    const { tools } = request({
      input: [
        { type: "additional_tools", role: "developer", tools: [{ type: "custom", name: "exec" }] },
        user("Hi"),
      ],
      tools: [
        { type: "function", name: "read", parameters: null, strict: null },
        {
          type: "namespace",
          name: long,
          tools: [
            { type: "function", name: "one" },
            { type: "function", name: "two_and_more" },
          ],
        },
      ],
    });
    expect(tools).toHaveLength(4);
    expect(tools[0]).toMatchObject({
      name: "read",
      parameters: { type: "object", properties: {} },
      strict: false,
    });
    expect(tools[1]?.name).toBe(`${long}__one`.slice(0, 55) + (tools[1]?.name.slice(55) ?? ""));
    expect(new Set(tools.map(({ name }) => name)).size).toBe(4);
    expect(tools.every(({ name }) => name.length <= 64)).toBe(true);
    expect(tools[3]).toMatchObject({ name: "exec", parameters: { required: ["input"] } });
  });

  it("leave out what OpenAI runs itself beside others, and are nothing without them", () => {
    const beside = request({ tools: [{ type: "web_search" }, { type: "function", name: "read" }] });
    expect(beside.otherTools).toEqual([]);
    expect(beside.params.map(({ name }) => name)).toContain("tools.web_search");
    const alone = request({ tools: [{ type: "web_search" }] });
    expect(alone.otherTools).toEqual([{ kind: "web_search", param: "tools[0]" }]);
  });

  it("are chosen in every form", () => {
    const tools = [
      { type: "function", name: "read" },
      { type: "namespace", name: "mcp", tools: [{ type: "function", name: "find" }] },
    ];
    const choice = (tool_choice: unknown) => request({ tools, tool_choice }).toolChoice;
    expect(choice("required")).toMatchObject({ type: "required" });
    expect(choice({ type: "function", name: "find", namespace: "mcp" })).toMatchObject({ name: "mcp__find" });
    expect(
      choice({ type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "read" }] }),
    ).toMatchObject({
      type: "allowed_tools",
      mode: "required",
      names: ["read"],
    });
    expect(choice({ type: "web_search" })).toMatchObject({ type: "other", kind: "web_search" });
  });
});

describe("the fields of a response", () => {
  it("may be empty or null in every way that clients write", () => {
    const parsed = request({
      ...{
        tools: [],
        include: [],
        text: {},
        instructions: null,
        reasoning: {},
        tool_choice: null,
        store: null,
      },
      ...{ temperature: null, metadata: null, max_output_tokens: null, previous_response_id: null },
    });
    expect(parsed.tools).toEqual([]);
    expect(parsed.params.filter(({ silent }) => !silent)).toEqual([]);
  });

  it.each([
    ["model", { model: 5 }],
    ["stream", { stream: "yes" }],
    ["instructions", { instructions: ["Be brief"] }],
    ["max_output_tokens", { max_output_tokens: 0 }],
    ["max_output_tokens", { max_output_tokens: 1.5 }],
    ["temperature", { temperature: 3 }],
    ["top_p", { top_p: "1" }],
    ["parallel_tool_calls", { parallel_tool_calls: "no" }],
    ["tools", { tools: {} }],
    ["tools[0].name", { tools: [{ type: "function" }] }],
    ["tool_choice", { tool_choice: "maybe" }],
    ["tool_choice.name", { tool_choice: { type: "function" } }],
    ["text", { text: "json" }],
    ["text.format.type", { text: { format: { type: "xml" } } }],
    ["text.format.schema", { text: { format: { type: "json_schema", name: "a" } } }],
    ["text.verbosity", { text: { verbosity: "loud" } }],
    ["reasoning", { reasoning: "high" }],
    ["reasoning.effort", { reasoning: { effort: "enormous" } }],
    ["reasoning.summary", { reasoning: { summary: true } }],
    ["truncation", { truncation: 5 }],
    ["metadata", { metadata: "a" }],
    ["metadata", { metadata: { a: 1 } }],
    ["include", { include: "reasoning.encrypted_content" }],
    ["include[0]", { include: [1] }],
    ["prompt_cache_key", { prompt_cache_key: 1 }],
    ["safety_identifier", { safety_identifier: {} }],
    ["service_tier", { service_tier: 1 }],
    ["user", { user: 1 }],
    ["background", { background: "later" }],
    ["max_tool_calls", { max_tool_calls: "many" }],
    ["top_logprobs", { top_logprobs: 21 }],
    ["conversation", { conversation: "conv_1" }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["input", { input: 5 }],
    ["input[0].type", { input: [{ type: "a_kind_of_tomorrow" }] }],
    ["input[0].role", { input: [{ role: "narrator", content: "x" }] }],
    ["input[1].call_id", { input: [user("x"), { type: "function_call_output", call_id: "c", output: "x" }] }],
  ])("are refused by name: %s, case %#", (param, body) => {
    expect(refusal(body)).toMatchObject({ code: "invalid_value", param });
  });

  it("come under the names that the client wrote", () => {
    const parsed = request({
      ...{
        temperature: 0.5,
        top_p: 0.9,
        max_output_tokens: 100,
        service_tier: "flex",
        user: "u",
        metadata: { a: "b" },
      },
      ...{
        reasoning: { effort: "high" },
        text: { format: { type: "json_object" }, verbosity: "low" },
        truncation: "auto",
      },
    });
    expect(parsed).toMatchObject({
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 100,
      serviceTier: "flex",
      user: "u",
    });
    expect(parsed).toMatchObject({ reasoningEffort: "high", responseFormat: { type: "json_object" } });
    const told = Object.fromEntries(
      parsed.params.filter(({ silent }) => !silent).map(({ name, concept }) => [name, concept]),
    );
    expect(told).toEqual({
      ...{
        temperature: "temperature",
        top_p: "top_p",
        max_output_tokens: "max_tokens",
        service_tier: "service_tier",
      },
      ...{
        "reasoning.effort": "reasoning",
        "text.format": "response_format",
        "text.verbosity": undefined,
        truncation: undefined,
      },
    });
  });
});

describe("an error of a model's family", () => {
  it("is told in the client's words: input, not messages", () => {
    const error = new RouterError("invalid_value", "Invalid 'messages[2]': too few.", {
      param: "messages[2]",
    });
    expect(openaiResponses.error(error, "r").body).toMatchObject({
      error: { param: "input", message: "Invalid 'input': too few." },
    });
    const other = new RouterError("invalid_value", "Invalid 'tools': none.", { param: "tools" });
    expect(openaiResponses.error(other, "r").body).toEqual(other.toBody());
  });
});
