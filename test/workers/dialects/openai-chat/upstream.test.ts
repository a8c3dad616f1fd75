import { describe, expect, it } from "vitest";
import type { Delta } from "../../../../src/chat/delta.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import type { ChatMessage, ChatRequest, ContentPart } from "../../../../src/chat/request.ts";
import { openaiChat } from "../../../../src/dialects/openai-chat/index.ts";
import { chatBody } from "../../../../src/dialects/openai-chat/upstream/body.ts";
import { chatReader, wholeAnswer } from "../../../../src/dialects/openai-chat/upstream/reader.ts";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { chat, thrownBy } from "../../../support/bedrock.ts";

const IDENTITY = { id: "0".repeat(32), created: 1, model: "m" };

const piece = (delta: JsonObject, more: JsonObject = {}, chunk: JsonObject = {}) => ({
  id: "up",
  object: "chat.completion.chunk",
  created: 5,
  model: "upstream",
  choices: [{ index: 0, delta, finish_reason: null, logprobs: null, ...more }],
  ...chunk,
});

function read(...chunks: unknown[]): Delta[] {
  const reader = chatReader();
  return [...chunks.flatMap((chunk) => reader.chunk(chunk)), ...reader.done()];
}

describe("chatReader", () => {
  it("gives text, reasoning under either name, refusals, calls, the bill and the end", () => {
    const call = (index: number, more: JsonObject, args: string) => ({
      tool_calls: [{ index, ...more, function: { ...(more.id ? { name: "look" } : {}), arguments: args } }],
    });
    const deltas = read(
      piece({ role: "assistant", content: "" }),
      piece({ reasoning_content: "Hm. " }),
      piece({ reasoning: "Yes." }),
      piece({ content: "Hi" }),
      piece({ refusal: "No." }),
      piece(call(0, { id: "a", type: "function" }, '{"x":')),
      piece(call(0, {}, "1}")),
      piece(call(1, { id: "b", type: "function" }, "")),
      piece({}, { finish_reason: "tool_calls" }),
      {
        choices: [],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 6 },
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      },
    );
    expect(foldDeltas(deltas)).toEqual({
      text: "Hi",
      reasoning: [],
      reasoningText: "Hm. Yes.",
      refusal: "No.",
      toolCalls: [
        { id: "a", name: "look", arguments: '{"x":1}' },
        { id: "b", name: "look", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      native: "tool_calls",
      usage: { promptTokens: 10, completionTokens: 4, cachedTokens: 6, reasoningTokens: 3 },
    });
    expect(deltas.filter(({ type }) => type === "finish")).toHaveLength(1);
  });

  it("ends at [DONE] where no reason came, and only once", () => {
    expect(read(piece({ content: "Hi" })).at(-1)).toEqual({ type: "finish", reason: "stop", native: "stop" });
    expect(read(piece({ content: "Hi" }, { finish_reason: "length" })).at(-1)).toMatchObject({
      reason: "length",
    });
    expect(chatReader().chunk(piece({ content: "Hi" }))).toEqual([{ type: "text", text: "Hi" }]);
  });

  it("knows vLLM's stop sequence and the deprecated function call", () => {
    expect(read(piece({ content: "a" }, { finish_reason: "stop", stop_reason: "END" })).at(-1)).toEqual({
      type: "finish",
      reason: "stop",
      native: "stop",
      stop: "END",
    });
    const legacy = read(
      piece({ function_call: { name: "f", arguments: "" } }),
      piece({ function_call: { arguments: "{}" } }),
      piece({}, { finish_reason: "function_call" }),
    );
    expect(foldDeltas(legacy)).toMatchObject({
      toolCalls: [{ name: "f", arguments: "{}" }],
      finishReason: "tool_calls",
    });
  });

  it("ends with the upstream's error, unless the answer was complete", () => {
    const error = { error: { message: "Overloaded", type: "server_error", code: 503 } };
    const failed = read(piece({ content: "a" }), error, piece({ content: "b" }));
    expect(failed).toMatchObject([
      { type: "text" },
      { type: "error", error: { code: "upstream_unavailable" } },
    ]);
    expect(read(piece({}, { finish_reason: "stop" }), error).map(({ type }) => type)).toEqual(["finish"]);
    const long = { error: { message: "This model's maximum context length is 8192 tokens." } };
    expect(read(long)).toMatchObject([{ error: { code: "context_length_exceeded", status: 400 } }]);
  });

  it("reads over what is no chunk, and other choices", () => {
    const other = { choices: [{ index: 1, delta: { content: "other" } }] };
    expect(read(null, 5, "x", [], {}, { choices: 7 }, { choices: [null] }, other)).toHaveLength(1);
  });
});

describe("what only this dialect knows", () => {
  const fields = { logprobs: { content: [{ token: "a", logprob: -1 }] } };
  const chunks = [
    piece({ content: "a" }, fields, { system_fingerprint: "fp" }),
    piece({ content: "b", annotations: ["x"] }, fields),
    piece({}, { finish_reason: "stop" }),
  ];

  it("is written where it stood, in the chunk that it came with", () => {
    const encoder = openaiChat
      .parse({ messages: [{ role: "user", content: "x" }] }, new Headers())
      .stream(IDENTITY);
    const events: string[] = [];
    for (const delta of read(...chunks)) encoder.push(delta, (data) => events.push(data));
    encoder.end((data) => events.push(data));
    expect(events.at(-1)).toBe("[DONE]");
    const [role, first, second, end] = events.slice(0, -1).map((text): unknown => JSON.parse(text));
    expect(role).toMatchObject({
      id: `chatcmpl-${IDENTITY.id}`,
      choices: [{ delta: { role: "assistant" } }],
    });
    expect(first).toMatchObject({
      model: "m",
      system_fingerprint: "fp",
      choices: [{ delta: { content: "a" }, ...fields }],
    });
    expect(second).toMatchObject({ choices: [{ delta: { content: "b", annotations: ["x"] }, ...fields }] });
    expect(end).toMatchObject({ choices: [{ delta: {}, logprobs: null, finish_reason: "stop" }] });
  });

  it("adds up in a whole answer", () => {
    const exchange = openaiChat.parse({ messages: [{ role: "user", content: "x" }] }, new Headers());
    expect(exchange.whole(IDENTITY, [foldDeltas(read(...chunks))])).toMatchObject({
      model: "m",
      system_fingerprint: "fp",
      choices: [
        {
          message: { content: "ab", annotations: ["x"] },
          logprobs: { content: [...fields.logprobs.content, ...fields.logprobs.content] },
        },
      ],
    });
  });
});

describe("wholeAnswer", () => {
  it("gives what a stream gives", () => {
    const message = { role: "assistant", content: "Hi", reasoning_content: "Hm.", refusal: null };
    const body = {
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    expect(foldDeltas(wholeAnswer(body))).toMatchObject({
      text: "Hi",
      reasoningText: "Hm.",
      finishReason: "stop",
      usage: { promptTokens: 1, completionTokens: 2 },
    });
    expect(foldDeltas(wholeAnswer({ choices: [{ delta: {}, message: { content: "Hi" } }] })).text).toBe("Hi");
    expect(wholeAnswer({ choices: [{ message: { content: "Hi" } }] }).at(-1)).toMatchObject({
      type: "finish",
    });
  });

  it.each([undefined, "text", [], {}, { choices: [] }, { choices: "x" }])("gives an error for %o", (body) => {
    expect(wholeAnswer(body)).toMatchObject([{ type: "error", error: { code: "upstream_stream_invalid" } }]);
  });

  it("gives the error that stands in the answer's place", () => {
    expect(wholeAnswer({ error: { message: "No." } })).toMatchObject([
      { type: "error", error: { code: "upstream_error" } },
    ]);
  });
});

describe("chatBody", () => {
  const foreign = (body: JsonObject, more: Partial<ChatRequest> = {}): ChatRequest => ({
    ...chat(body),
    source: { dialect: "anthropic-messages", body: { secret: "of another dialect" } },
    ...more,
  });
  const text = (value: string): ContentPart => ({ type: "text", text: value, param: "messages[0].content" });

  it("hands on what a client of this dialect sent", () => {
    const request = chat({ x_vendor: 1, temperature: 2 });
    expect(chatBody(request)).toEqual({ body: request.source.body, dropped: [] });
  });

  it("writes what another dialect asks for", () => {
    const tool = { name: "look", description: "Looks.", parameters: { type: "object" }, strict: true };
    const request = foreign({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 3,
      stop: ["END"],
      seed: 7,
      tools: [{ type: "function", function: tool }],
      tool_choice: { type: "function", function: { name: "look" } },
      parallel_tool_calls: false,
      response_format: { type: "json_schema", json_schema: { name: "n", schema: {}, strict: true } },
      reasoning_effort: "low",
      user: "u",
    });
    expect(chatBody(request)).toEqual({
      body: {
        messages: [{ role: "user", content: "Hi" }],
        temperature: 0.5,
        top_p: 0.9,
        stop: ["END"],
        seed: 7,
        tools: [{ type: "function", function: tool }],
        tool_choice: { type: "function", function: { name: "look" } },
        parallel_tool_calls: false,
        response_format: { type: "json_schema", json_schema: { name: "n", schema: {}, strict: true } },
        reasoning_effort: "low",
        user: "u",
      },
      dropped: ["top_k"],
    });
  });

  it("keeps results together and puts what a tool shows behind them", () => {
    const image: ContentPart = { type: "image_url", url: "data:image/png;base64,AA==", param: "p" };
    const call = (id: string) => ({ id, name: "f", arguments: "" });
    const messages: ChatMessage[] = [
      { role: "system", content: [text("Be"), text("brief.")] },
      { role: "user", content: [text("Look"), image] },
      { role: "assistant", content: [], toolCalls: [call("a"), call("b")] },
      { role: "tool", toolCallId: "a", content: [text("seen"), image] },
      { role: "tool", toolCallId: "b", content: [] },
      { role: "user", content: [text("And?")] },
    ];
    const written = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
    const shown = { type: "image_url", image_url: { url: image.url } };
    expect(chatBody(foreign({}, { messages })).body.messages).toEqual([
      { role: "system", content: "Be\nbrief." },
      { role: "user", content: [{ type: "text", text: "Look" }, shown] },
      { role: "assistant", content: null, tool_calls: [written("a"), written("b")] },
      { role: "tool", tool_call_id: "a", content: "seen" },
      { role: "tool", tool_call_id: "b", content: "" },
      { role: "user", content: [{ type: "text", text: expect.stringContaining("tool call") }, shown] },
      { role: "user", content: "And?" },
    ]);
  });

  it("puts each call's result behind its turn, one for each, as the format has it", () => {
    const call = (id: string) => ({ id, name: "f", arguments: "{}" });
    const said = (words: string, ...ids: string[]): ChatMessage => ({
      role: "assistant",
      content: words === "" ? [] : [text(words)],
      toolCalls: ids.map(call),
    });
    const told = (id: string, words: string): ChatMessage => ({
      role: "tool",
      toolCallId: id,
      content: [text(words)],
    });
    const asks = (words: string): ChatMessage => ({ role: "user", content: [text(words)] });
    const aside: ChatMessage = { role: "system", content: [text("Now")] };
    const order = (...messages: ChatMessage[]) => {
      const { body } = chatBody(foreign({}, { messages }));
      return (Array.isArray(body.messages) ? body.messages : []).map(
        ({ role, content, tool_calls: calls, tool_call_id: of }) =>
          `${role} ${[...(calls ?? []).map(({ id }: { id: string }) => id), of, content].filter(Boolean).join(" ")}`,
      );
    };
    const none = "No result was provided for this tool call.";
    expect(order(asks("1"), said("", "a"), aside, told("a", "x"))).toEqual([
      ...["user 1", "assistant a", "tool a x", "system Now"],
    ]);
    expect(order(asks("1"), said("", "a", "b"), told("b", "y"), asks("2"), told("a", "x"))).toEqual([
      ...["user 1", "assistant a b", "tool a x", "tool b y", "user 2"],
    ]);
    expect(order(asks("1"), said("", "a", "b"), told("b", "y"), told("b", "z"))).toEqual([
      ...["user 1", "assistant a b", `tool a ${none}`, "tool b y\nz"],
    ]);
    // One turn in two messages, and ids that begin anew in each turn.
    expect(order(asks("1"), said("I", "a"), said("look", "b"), told("b", "y"), told("a", "x"))).toEqual([
      ...["user 1", "assistant a b I\nlook", "tool b y", "tool a x"],
    ]);
    expect(order(asks("1"), said("", "a"), asks("2"), said("", "a"), told("a", "x"), asks("3"))).toEqual([
      ...["user 1", "assistant a", `tool a ${none}`, "user 2", "assistant a", "tool a x", "user 3"],
    ]);
  });

  it("refuses what the format has no place for, in the client's words", () => {
    const link: ContentPart = {
      type: "file",
      url: "https://example.com/a.pdf",
      param: "messages[0].content[1]",
    };
    const unsent = foreign({}, { messages: [{ role: "user", content: [text("a"), link] }] });
    expect(thrownBy(() => chatBody(unsent))).toMatchObject({
      code: "unsupported_content",
      param: "messages[0].content[1]",
    });
    const tools = foreign({}, { otherTools: [{ kind: "web_search", param: "tools[0]" }] });
    expect(thrownBy(() => chatBody(tools))).toMatchObject({
      code: "unsupported_parameter",
      param: "tools[0]",
    });
    const param = "tool_choice";
    for (const toolChoice of [
      { type: "required", param },
      { type: "function", name: "f", param },
      { type: "allowed_tools", mode: "required", names: ["f"], param },
    ] as const) {
      const idle = foreign({}, { tools: [], toolChoice });
      expect(thrownBy(() => chatBody(idle))).toMatchObject({ code: "invalid_value", param });
    }
    const auto = foreign({}, { tools: [], toolChoice: { type: "auto", param } });
    expect(chatBody(auto).body).not.toHaveProperty("tool_choice");
    expect(thrownBy(() => chatBody(foreign({ logit_bias: { "1": 1 } })))).toMatchObject({
      param: "logit_bias",
    });
  });
});
