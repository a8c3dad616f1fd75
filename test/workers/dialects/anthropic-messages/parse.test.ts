/** Requests of Anthropic's Messages API as neutral requests, or as refusals that name the field. */
import fixtures from "virtual:dialects";
import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../../../src/chat/request.ts";
import { carry } from "../../../../src/chat/carrier.ts";
import { parseMessages } from "../../../../src/dialects/anthropic-messages/client/parse.ts";
import { RouterError } from "../../../../src/errors.ts";
import { asObject, type JsonObject } from "../../../../src/lib/json.ts";

const HELLO = { role: "user", content: "Hello" };
const ask = (more: JsonObject = {}): JsonObject => ({
  model: "m",
  max_tokens: 100,
  messages: [HELLO],
  ...more,
});
const parse = (more: JsonObject = {}, headers: Record<string, string> = {}): ChatRequest =>
  parseMessages(ask(more), new Headers(headers));
const blocks = (...content: JsonObject[]) => ({ messages: [{ role: "user", content }] });

function refusal(body: JsonObject): RouterError {
  try {
    parseMessages(body, new Headers());
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown;
    throw thrown;
  }
  throw new Error("expected a refusal");
}

describe("the fields", () => {
  it("of a small request", () => {
    expect(parse({ model: " claude ", stream: true, system: "Be brief." })).toMatchObject({
      model: "claude",
      maxTokens: 100,
      stream: true,
      n: 1,
      messages: [
        { role: "system", content: [{ type: "text", text: "Be brief.", param: "system" }] },
        { role: "user", content: [{ type: "text", text: "Hello", param: "messages.0.content" }] },
      ],
      responseFormat: { type: "text" },
    });
  });

  it("that say how the model is to answer", () => {
    const request = parse({
      stop_sequences: ["END"],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      tools: [
        {
          name: "f",
          description: "d",
          input_schema: { type: "object" },
          strict: true,
          cache_control: { type: "ephemeral", ttl: "1h" },
        },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      metadata: { user_id: "u" },
      output_config: { format: { type: "json_schema", schema: { type: "object" } } },
    });
    expect(request).toMatchObject({
      stop: ["END"],
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      tools: [
        {
          param: "tools.0",
          name: "f",
          description: "d",
          parameters: { type: "object" },
          strict: true,
          cacheControl: { type: "ephemeral", ttl: "1h" },
        },
      ],
      toolChoice: { param: "tool_choice", type: "required" },
      parallelToolCalls: false,
      user: "u",
      responseFormat: { type: "json_schema", schema: { type: "object" }, strict: true },
    });
  });

  it("are told in the client's words where they cannot be honoured", () => {
    expect(parse({ stop_sequences: ["", "END", ""] }).stop).toEqual(["END"]);
    const { params } = parse({
      service_tier: "auto",
      context_management: {},
      top_k: 1,
      output_config: { effort: "low", task_budget: { total: 1 } },
      tools: [],
      stop_sequences: null,
    });
    expect(params.filter(({ silent }) => !silent).map(({ name, concept }) => [name, concept])).toEqual([
      ["max_tokens", "max_tokens"],
      ["service_tier", undefined],
      ["context_management", undefined],
      ["top_k", "top_k"],
      ["output_config.effort", "reasoning"],
      ["output_config.task_budget", undefined],
    ]);
  });

  it.each([
    [{ type: "disabled" }, undefined, "none"],
    [{ type: "enabled", budget_tokens: 2000 }, undefined, "low"],
    [{ type: "enabled", budget_tokens: 8000 }, undefined, "medium"],
    [{ type: "enabled", budget_tokens: 20_000 }, undefined, "high"],
    [{ type: "enabled", budget_tokens: 31_999 }, undefined, "xhigh"],
    [{ type: "adaptive" }, undefined, "high"],
    [{ type: "adaptive", display: "omitted" }, { effort: "medium" }, "medium"],
    [undefined, { effort: "max" }, "max"],
    [undefined, undefined, undefined],
  ])("thinking %j with %j is an effort to other models", (thinking, output_config, effort) => {
    expect(parse({ thinking, output_config }).reasoningEffort).toBe(effort);
  });

  it("betas come from all headers and from the body", () => {
    const { source } = parse({ betas: ["c", "a"], anthropic_beta: "d" }, { "anthropic-beta": "a, b" });
    expect(source.betas).toEqual(["a", "b", "c", "d"]);
  });
});

describe("a conversation", () => {
  it("has its results before the rest of a user's turn, and system text where it stands", () => {
    const call = (id: string) => ({ type: "tool_use", id, name: "f", input: { a: 1 } });
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
    const { messages } = parse({
      messages: [
        HELLO,
        { role: "system", content: "Midway." },
        { role: "assistant", content: [{ type: "text", text: "Look." }, call("a"), call("b")] },
        {
          role: "user",
          content: [
            { type: "text", text: "And?" },
            { type: "tool_result", tool_use_id: "b", is_error: true, content: "no" },
            { type: "tool_result", tool_use_id: "a", content: [image], cache_control: { type: "ephemeral" } },
          ],
        },
      ],
    });
    expect(messages).toMatchObject([
      { role: "user" },
      { role: "system", content: [{ text: "Midway." }] },
      {
        role: "assistant",
        content: [{ text: "Look." }],
        toolCalls: [
          { id: "a", name: "f", arguments: '{"a":1}' },
          { id: "b", name: "f", arguments: '{"a":1}' },
        ],
      },
      { role: "tool", toolCallId: "b", isError: true, content: [{ text: "no" }] },
      {
        role: "tool",
        toolCallId: "a",
        content: [
          { type: "image_url", url: "data:image/png;base64,AAAA", param: "messages.3.content.2.content.0" },
        ],
        cacheControl: { type: "ephemeral" },
      },
      { role: "user", content: [{ text: "And?" }] },
    ]);
  });

  it("keeps what Claude signed, gives the router's own blocks back, and drops what nobody signed", () => {
    const own = carry({ model: "gpt-oss", blocks: [{ kind: "text", text: "Hm." }] });
    const content = [
      { type: "thinking", thinking: "A", signature: " EqQB " },
      { type: "redacted_thinking", data: "D" },
      { type: "thinking", thinking: "Hm.", signature: own },
      { type: "thinking", thinking: "Lost.", signature: "" },
      { type: "text", text: "Hi." },
    ];
    const { messages } = parse({ messages: [HELLO, { role: "assistant", content }, HELLO] });
    expect(messages[1]).toMatchObject({
      reasoning: [
        { kind: "signed", text: "A", signature: " EqQB " },
        { kind: "redacted", data: "D" },
        { kind: "text", text: "Hm.", of: "gpt-oss" },
      ],
    });
  });

  it("has documents with their titles, and search results as documents", () => {
    const { messages } = parse(
      blocks(
        {
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
          title: "a.pdf",
        },
        {
          type: "document",
          source: { type: "text", media_type: "text/plain", data: "Rain." },
          citations: { enabled: true },
        },
        {
          type: "document",
          source: {
            type: "content",
            content: [
              { type: "text", text: "x" },
              { type: "text", text: "y" },
            ],
          },
        },
        { type: "document", source: { type: "url", url: "https://example.com/b.pdf" } },
        {
          type: "search_result",
          source: "https://example.com",
          title: "T",
          content: [{ type: "text", text: "z" }],
        },
      ),
    );
    expect(messages[0]?.content).toMatchObject([
      { type: "file", data: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf", title: "a.pdf" },
      { type: "file", text: "Rain.", citations: true },
      { type: "file", text: "x\n\ny" },
      { type: "file", url: "https://example.com/b.pdf" },
      { type: "file", text: "z", title: "T", context: "Source: https://example.com" },
    ]);
  });

  it("leaves blocks that only another upstream may know to it, by name", () => {
    const { messages } = parse(
      blocks(
        { type: "container_upload", file_id: "f" },
        { type: "image", source: { type: "file", file_id: "f" } },
      ),
    );
    expect(messages[0]?.content).toMatchObject([
      { type: "other", kind: "container_upload" },
      { type: "other", kind: "image of the Files API", param: "messages.0.content.1.source" },
    ]);
  });

  it("has a mark at the top on the last block that can carry one", () => {
    const cacheControl = { type: "ephemeral" };
    const { messages } = parse({
      cache_control: cacheControl,
      ...blocks({ type: "text", text: "a" }, { type: "text", text: " " }),
    });
    expect(messages[0]?.content).toMatchObject([{ text: "a", cacheControl }, { text: " " }]);
    expect(messages[0]?.content[1]).not.toHaveProperty("cacheControl");
  });
});

describe("tools", () => {
  it("of the client's own kinds are functions; those of servers are left out beside others", () => {
    const { tools, otherTools, params } = parse({
      tools: [
        { type: "bash_20250124", name: "bash" },
        { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
        { type: "web_search_20250305", name: "web_search" },
        { name: "DeferredToolPlaceholder", input_schema: { type: "object" }, defer_loading: true },
        { name: "late", input_schema: { type: "object" }, defer_loading: true },
      ],
    });
    expect(tools.map(({ name }) => name)).toEqual(["bash", "str_replace_based_edit_tool", "late"]);
    expect(tools[0]?.parameters).toMatchObject({ properties: { command: { type: "string" } } });
    expect(otherTools).toEqual([{ kind: "web_search_20250305", param: "tools.2", optional: true }]);
    expect(params).toContainEqual(
      expect.objectContaining({ name: "web_search_20250305", concept: undefined }),
    );
  });

  it("of servers alone are all that the request is about", () => {
    const { otherTools } = parse({ tools: [{ type: "web_search_20250305", name: "web_search" }] });
    expect(otherTools).toEqual([{ kind: "web_search_20250305", param: "tools.0", optional: false }]);
  });
});

describe("a refusal names", () => {
  const image = (source: unknown) => ask(blocks({ type: "image", source }));
  it.each([
    ["max_tokens", { model: "m", messages: [HELLO] }],
    ["max_tokens", ask({ max_tokens: 0 })],
    ["messages", { model: "m", max_tokens: 1 }],
    ["messages", ask({ messages: [] })],
    ["messages.0.role", ask({ messages: [{ role: "robot", content: "x" }] })],
    ["messages.0.content", ask({ messages: [{ role: "user" }] })],
    ["messages.0.content.0.type", ask(blocks({ text: "x" }))],
    ["messages.0.content.0.source", image(undefined)],
    ["messages.0.content.0.source.type", image({ type: "disk" })],
    ["messages.0.content.0", ask(blocks({ type: "tool_result", tool_use_id: "nobody", content: "x" }))],
    [
      "messages.0.content.0.cache_control.ttl",
      ask(blocks({ type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "2h" } })),
    ],
    ["tools.0.input_schema", ask({ tools: [{ name: "f" }] })],
    ["tool_choice.type", ask({ tool_choice: { type: "maybe" } })],
    ["thinking.budget_tokens", ask({ thinking: { type: "enabled" } })],
    ["thinking.budget_tokens", ask({ thinking: { type: "enabled", budget_tokens: 5 } })],
    ["thinking.type", ask({ thinking: { type: "deep" } })],
    ["output_config.effort", ask({ output_config: { effort: "huge" } })],
    ["temperature", ask({ temperature: 2 })],
    ["stream", ask({ stream: "yes" })],
    ["stop_sequences.1", ask({ stop_sequences: ["a", 1] })],
    ["metadata", ask({ metadata: "u" })],
  ])("%s", (param, body) => {
    const error = refusal(body);
    expect([error.code, error.param]).toEqual(["invalid_value", param]);
  });

  it("how many are too many before any of them is looked at", () => {
    expect(refusal(ask({ messages: Array(10_001).fill(0) })).param).toBe("messages");
    expect(refusal(ask({ tools: Array(1_001).fill(0) })).param).toBe("tools");
    expect(refusal(ask({ stop_sequences: Array(257).fill("a") })).param).toBe("stop_sequences");
  });
});

describe("what real clients send", () => {
  const requests = Object.entries(fixtures).flatMap(([name, value]) => {
    const { path, body } = asObject(value) ?? {};
    const sent = asObject(body);
    return typeof path === "string" && path.startsWith("/v1/messages") && sent
      ? [{ name, path, body: sent }]
      : [];
  });
  it(`is understood: ${requests.length} requests`, () => {
    for (const { path, body } of requests) {
      const request = parseMessages(body, new Headers(), { counting: path.includes("count_tokens") });
      const offered = Array.isArray(body.tools) ? body.tools.length : 0;
      const placeholders = JSON.stringify(body.tools ?? []).includes("DeferredToolPlaceholder") ? 1 : 0;
      expect(request.tools.length + request.otherTools.length + placeholders).toBe(offered);
      const results = JSON.stringify(body.messages).split('"tool_result"').length - 1;
      expect(request.messages.filter(({ role }) => role === "tool").length).toBe(results);
    }
  });
});
