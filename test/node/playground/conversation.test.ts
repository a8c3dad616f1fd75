import { describe, expect, it } from "vitest";
import { errorFrom } from "../../../pages/lib/api.ts";
import { dollars, duration } from "../../../pages/lib/format.ts";
import type { Model } from "../../../pages/playground/api/client.ts";
import { adviceFor } from "../../../pages/playground/api/error.ts";
import { Answer } from "../../../pages/playground/chat/answer.ts";
import { chatRequest, withoutFiles } from "../../../pages/playground/chat/request.ts";
import type { Attachment } from "../../../pages/playground/chat/attachment.ts";
import type { Item } from "../../../pages/playground/chat/thread.ts";
import { messagesOf, upToQuestion } from "../../../pages/playground/chat/thread.ts";
import { runTool } from "../../../pages/playground/chat/tools.ts";
import { compact, figuresOf, median, speed } from "../../../pages/playground/metrics/figures.ts";

const chunk = (delta: object, rest: object = {}) => ({ choices: [{ index: 0, delta }], ...rest });
const user = (text: string, files: Attachment[] = []): Item => ({ kind: "user", text, files });
const PNG: Attachment = { kind: "image", url: "data:image/png;base64,AAAA", name: "a.png" };
const PDF: Attachment = { kind: "pdf", url: "data:application/pdf;base64,BBBB", name: "b.pdf" };

function answered(...chunks: object[]): Answer {
  const answer = new Answer(1000);
  for (const [index, each] of chunks.entries()) answer.add({ ...each }, 1100 + 100 * index);
  answer.complete = true;
  answer.endedAt = 2100;
  return answer;
}

const CALL = [
  chunk({ role: "assistant", content: "" }),
  chunk({
    tool_calls: [
      { index: 0, id: "call_a", type: "function", function: { name: "calculator", arguments: "" } },
    ],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"expr' } }] }),
  chunk({
    tool_calls: [
      { index: 1, id: "call_b", type: "function", function: { name: "get_weather", arguments: "{" } },
    ],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: 'ession":"1+1"}' } }] }),
  chunk({ tool_calls: [{ index: 1, function: { arguments: "}" } }] }),
];

describe("an answer", () => {
  it("is put together from its chunks", () => {
    const answer = answered(
      chunk({ reasoning_content: "Hm. " }, { model: "claude" }),
      chunk({ content: "Hel" }),
      chunk({ content: "lo" }),
      { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
      {
        choices: [],
        usage: { prompt_tokens: 7, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 3 } },
      },
    );
    expect(answer).toMatchObject({ text: "Hello", reasoning: "Hm. ", finish: "stop", by: "claude" });
    expect(answer.usage).toEqual({ prompt: 7, completion: 100, cached: 3 });
    expect(answer).toMatchObject({ firstAt: 1100, textAt: 1200 });
    expect(answer.toMessage()).toEqual({ role: "assistant", content: "Hello" });
  });

  it("keeps parallel tool calls apart", () => {
    expect(answered(...CALL).calls).toEqual([
      { id: "call_a", name: "calculator", arguments: '{"expression":"1+1"}' },
      { id: "call_b", name: "get_weather", arguments: "{}" },
    ]);
  });

  it("that was cut off leaves its text behind, but no call", () => {
    const cut = answered(chunk({ content: "I'll look" }), ...CALL);
    cut.complete = false;
    expect(cut.toMessage()).toEqual({ role: "assistant", content: "I'll look" });
    const empty = answered(...CALL);
    empty.complete = false;
    expect(empty.toMessage()).toBeUndefined();
  });

  it("reads odd chunks without falling", () => {
    for (const odd of [
      {},
      { choices: null },
      { choices: [null] },
      { choices: [{ delta: "x" }] },
      { usage: {} },
    ])
      expect(answered(odd)).toMatchObject({ text: "", usage: undefined });
  });

  it("has figures where something is known", () => {
    const model: Model = {
      id: "claude",
      description: "",
      contextWindow: undefined,
      maxOutput: undefined,
      capabilities: [],
      provider: "bedrock",
      upstream: "anthropic.claude",
      regions: [],
      emulated: false,
      inputPrice: 3,
      outputPrice: 15,
    };
    const usage = { usage: { prompt_tokens: 1000, completion_tokens: 200 } };
    const answer = answered(chunk({ content: "a" }), chunk({ content: "b" }, usage));
    expect(figuresOf(answer, model)).toEqual({
      firstMs: 100,
      totalMs: 1100,
      tokensPerSecond: 200,
      cost: 0.006,
    });
    expect(figuresOf(answer, undefined).cost).toBeUndefined();
    expect(figuresOf(answer, { ...model, emulated: true }).cost).toBeUndefined();
    expect(figuresOf(new Answer(0), model)).toEqual({});
  });
});

describe("a request", () => {
  const settings = {
    model: "auto",
    transport: "sse" as const,
    system: "Be brief",
    tools: ["calculator"],
    parameters: {},
  };

  it("carries the conversation, results included", () => {
    const items: Item[] = [
      user("What is 1+1?"),
      { kind: "answer", answer: answered(...CALL) },
      { kind: "tool", call: { id: "call_a", name: "calculator", arguments: "{}" }, result: { result: 2 } },
      {
        kind: "tool",
        call: { id: "call_b", name: "get_weather", arguments: "{}" },
        result: { error: "'city' is missing." },
      },
      user("And?", [PNG, PDF]),
    ];
    expect(messagesOf(items, "Be brief").map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "tool",
      "user",
    ]);
    expect(messagesOf(items, " ").at(-1)).toEqual({
      role: "user",
      content: [
        { type: "text", text: "And?" },
        { type: "image_url", image_url: { url: PNG.url } },
        { type: "file", file: { filename: "b.pdf", file_data: PDF.url } },
      ],
    });
    expect(upToQuestion(items.slice(0, 4))).toEqual([items[0]]);
    const small = JSON.stringify(withoutFiles(chatRequest(settings, items)));
    expect(small).toContain("data:image/png;base64,iVBOR");
    expect(small).not.toContain('AAAA"');
    expect(small).not.toContain('BBBB"');
  });

  it("has what is set, and forces a tool only once", () => {
    const parameters = {
      temperature: "0",
      max_tokens: "",
      stop: "\nEND\n",
      tool_choice: "required",
      seed: "x",
    };
    const set = { ...settings, parameters };
    expect(chatRequest(set, [user("Hi")])).toMatchObject({
      temperature: 0,
      stop: ["END"],
      tool_choice: "required",
    });
    expect(Object.keys(chatRequest(set, [user("Hi")]))).not.toEqual(expect.arrayContaining(["max_tokens"]));
    expect(chatRequest(set, [user("Hi")])).not.toHaveProperty("seed");
    expect(chatRequest(set, [user("Hi")], 1)).not.toHaveProperty("tool_choice");
    expect(chatRequest({ ...set, tools: [] }, [user("Hi")])).not.toHaveProperty("tool_choice");
  });
});

describe("a tool of the page", () => {
  it("answers, the same each time", () => {
    expect(runTool("calculator", '{"expression":"2*3"}')).toEqual({ expression: "2*3", result: 6 });
    const weather = runTool("get_weather", '{"city":"Oslo"}');
    expect(weather).toMatchObject({ city: "Oslo", note: "made-up example data" });
    expect(runTool("get_weather", '{"city":"Oslo"}')).toEqual(weather);
  });

  it.each([
    ["nothing", "{}"],
    ["calculator", "{"],
    ["calculator", "[]"],
    ["calculator", '{"expression":"alert(1)"}'],
    ["calculator", '{"expression":7}'],
    ["get_weather", ""],
  ])("%s tells the model what is wrong with %s", (name, input) => {
    expect(runTool(name, input)).toEqual({ error: expect.any(String) });
  });
});

describe("what is shown of", () => {
  it("numbers", () => {
    expect([8.4, 320.4, 999.4, 1400, 9960, 61_000].map(duration)).toEqual([
      "8 ms",
      "320 ms",
      "999 ms",
      "1.4 s",
      "10 s",
      "61 s",
    ]);
    expect([0.42, 9.96, 74.4, 1204].map(speed)).toEqual(["0.4", "10", "74", "1,204"]);
    expect([0, 0.00042, 0.0123, 0.456, 12].map(dollars)).toEqual([
      "$0",
      "$0.00042",
      "$0.012",
      "$0.46",
      "$12.00",
    ]);
    expect([512, 8192, 200_000, 1_000_000].map(compact)).toEqual(["512", "8,192", "200k", "1M"]);
    expect([[], [3], [1, 2, 9], [4, 1, 2, 3]].map(median)).toEqual([undefined, 3, 2, 2.5]);
  });

  it("errors, with what to do", () => {
    const advice = (code: string, head = {}) => adviceFor(errorFrom({ error: { code, message: "m" } }, head));
    expect(advice("rate_limit_exceeded", { retryAfter: 7 })).toContain("Wait 7 s");
    expect(advice("invalid_api_key")).toContain("key");
    expect(advice("aws_credentials_missing")).toContain("configuration");
    expect(advice("upstream_timeout")).toContain("Retry");
    expect(advice("upstream_invalid_request")).toBe("");
    expect(advice("something_new")).toBe("");
    expect(errorFrom("no object", { status: 502 })).toMatchObject({
      code: "http_502",
      message: "No reason was given.",
    });
  });
});
