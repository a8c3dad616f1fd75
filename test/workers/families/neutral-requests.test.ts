/** What requests of other dialects than OpenAI's ask of the families: results, marks, thinking, documents, top_k. */
import { describe, expect, it } from "vitest";
import type { FamilyCall } from "../../../src/families/family.ts";
import type { ChatMessage, ChatRequest, ContentPart, ReasoningBlock } from "../../../src/chat/request.ts";
import { withOwnReasoning } from "../../../src/chat/carrier.ts";
import { familyFor } from "../../../src/families/index.ts";
import { bedrockTarget, chat } from "../../support/bedrock.ts";

const SONNET_4 = "us.anthropic.claude-sonnet-4-20250514-v1:0";
const OPUS_4_6 = "anthropic.claude-opus-4-6-v1";
const NOVA = "us.amazon.nova-pro-v1:0";
const COMMAND_R = "cohere.command-r-v1:0";
const GPT_OSS = "openai.gpt-oss-120b-1:0";

const POINT = { type: "ephemeral" } as const;
const text = (value: string): ContentPart => ({ type: "text", text: value, param: "messages[0].content[0]" });
const asks: ChatMessage = { role: "user", content: [text("Hi")] };

function encode(model: string, more: Partial<ChatRequest>, body: object = {}, settings = {}): FamilyCall {
  const target = bedrockTarget(model, settings);
  return familyFor(target).encode({ ...chat({ ...body }), ...more }, target);
}

const called = (more: object = {}, reasoning: readonly ReasoningBlock[] = []): ChatMessage[] => [
  asks,
  {
    role: "assistant",
    content: [],
    reasoning,
    toolCalls: [{ id: "c1", name: "look", arguments: "{}", cacheControl: POINT }],
  },
  { role: "tool", toolCallId: "c1", content: [text("no such file")], ...more },
];

describe("a result", () => {
  it("that failed is told as failed where the format can say so", () => {
    const messages = called({ isError: true });
    expect(JSON.stringify(encode(SONNET_4, { messages }).body)).toContain('"is_error":true');
    const converse = encode(SONNET_4, { messages }, {}, { api: "converse" });
    expect(JSON.stringify(converse.body)).toContain('"status":"error"');
    expect(JSON.stringify(encode(NOVA, { messages }).body)).toContain('"status":"error"');
    expect(JSON.stringify(encode(SONNET_4, { messages: called() }).body)).not.toContain("is_error");
  });

  it("keeps its mark, and its call's", () => {
    const { body, dropped } = encode(SONNET_4, { messages: called({ cacheControl: POINT }) });
    expect(body.messages).toMatchObject([
      {},
      { content: [{ type: "tool_use", cache_control: POINT }] },
      { content: [{ type: "tool_result", cache_control: POINT }] },
    ]);
    expect(dropped).toEqual([]);
    const converse = encode(SONNET_4, { messages: called({ cacheControl: POINT }) }, {}, { api: "converse" });
    expect(JSON.stringify(converse.body.messages)).toContain("cachePoint");
  });
});

describe("thinking", () => {
  const thinking = (more: Partial<ChatRequest>, model = SONNET_4) =>
    encode(model, { maxTokens: 10_000, ...more }).body;

  it("keeps a budget within the tokens that it was counted into", () => {
    expect(thinking({ thinking: { mode: "enabled", budget: 2000 } })).toMatchObject({
      thinking: { type: "enabled", budget_tokens: 2000 },
      max_tokens: 10_000,
    });
    const over = encode(SONNET_4, { maxTokens: 4000, thinking: { mode: "enabled", budget: 8000 } });
    expect(over.body).toMatchObject({ thinking: { budget_tokens: 3999 }, max_tokens: 4000 });
    expect(over.dropped).toEqual(["reasoning"]);
    const none = encode(SONNET_4, { maxTokens: 500, thinking: { mode: "enabled", budget: 8000 } });
    expect([none.body.thinking, none.dropped]).toEqual([undefined, ["reasoning"]]);
  });

  it("is adaptive where the model knows no budget, as much as the budget says", () => {
    expect(thinking({ thinking: { mode: "enabled", budget: 2000 } }, OPUS_4_6)).toMatchObject({
      thinking: { type: "adaptive" },
      output_config: { effort: "low" },
    });
    expect(thinking({ thinking: { mode: "adaptive" } }, OPUS_4_6)).toMatchObject({
      output_config: { effort: "high" },
    });
    const told = { thinking: { mode: "adaptive" }, reasoningEffort: "low" } as const;
    expect(thinking(told, OPUS_4_6)).toMatchObject({ output_config: { effort: "low" } });
    expect(thinking({ thinking: { mode: "adaptive" } })).toMatchObject({ thinking: { type: "enabled" } });
  });

  it("is left out where it is turned off", () => {
    expect(thinking({ thinking: { mode: "disabled" } })).not.toHaveProperty("thinking");
    expect(encode(GPT_OSS, { thinking: { mode: "disabled" } }).body).toMatchObject({
      reasoning_effort: "low",
    });
  });
});

describe("reasoning of other models", () => {
  const own: ReasoningBlock = { kind: "signed", text: "a", signature: "s", of: "mine" };
  const foreign: ReasoningBlock = { kind: "redacted", data: "x", of: "another" };
  const unknown: ReasoningBlock = { kind: "signed", text: "b", signature: "t" };

  it("is left out before a model is asked that could not use it", () => {
    const request = { ...chat({}), messages: called({}, [own, foreign, unknown]) };
    expect(withOwnReasoning(request, "mine").messages[1]).toMatchObject({ reasoning: [own, unknown] });
    expect(withOwnReasoning(request, "another").messages[1]).toMatchObject({ reasoning: [foreign, unknown] });
  });

  it("goes to Claude only where Claude can have signed it", () => {
    const plain: ReasoningBlock = { kind: "text", text: "thought by somebody" };
    const messages = called({}, [plain, unknown]);
    const { body } = encode(SONNET_4, { messages, thinking: { mode: "enabled", budget: 2000 } });
    const json = JSON.stringify(body.messages);
    expect(json).toContain('"thinking":"b"');
    expect(json).not.toContain("somebody");
  });
});

describe("a document", () => {
  const file = (more: object): ContentPart => ({ type: "file", param: "messages[0].content[0]", ...more });
  const sent = (part: ContentPart, model = SONNET_4, settings = {}) =>
    JSON.stringify(
      encode(model, { messages: [{ role: "user", content: [part, text("?")] }] }, {}, settings).body,
    );

  it("of plain text goes as such, with title and context", () => {
    const json = sent(file({ text: "Once upon a time", title: "A tale", context: "Old." }));
    expect(json).toContain('"source":{"type":"text","media_type":"text/plain","data":"Once upon a time"}');
    expect(json).toContain('"title":"A tale","context":"Old."');
    // Converse takes five documents at most, and nothing beside their names.
    const told = file({ text: "Once", title: "A tale", context: "Old." });
    expect(sent(told, SONNET_4, { api: "converse" })).toContain('{"text":"A tale\\n\\nOld.\\n\\nOnce"}');
  });

  it("that is only a link is refused with its place", () => {
    expect(() => sent(file({ url: "https://example.com/a.pdf" }))).toThrow(/inline/);
  });
});

describe("top_k", () => {
  it.each([
    [SONNET_4, { topK: 40 }, { top_k: 40 }, []],
    [NOVA, { topK: 400 }, { inferenceConfig: { topK: 128 } }, ["top_k"]],
    [COMMAND_R, { topK: 40 }, { k: 40 }, []],
    [GPT_OSS, { topK: 40 }, {}, ["top_k"]],
  ])("of %s", (model, more, body, dropped) => {
    const call = encode(model, more, { top_k: more.topK });
    expect(call.body).toMatchObject(body);
    expect(call.dropped).toEqual(dropped);
  });

  it("gives way to thinking", () => {
    const call = encode(SONNET_4, { topK: 40, reasoningEffort: "high" }, { top_k: 40 });
    expect([call.body.top_k, call.dropped]).toEqual([undefined, ["top_k"]]);
  });
});
