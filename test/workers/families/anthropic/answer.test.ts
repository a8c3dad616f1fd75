/** Claude's answers as deltas: usage, errors, answers by tool, whole answers. */
import { describe, expect, it } from "vitest";
import {
  byTool,
  close,
  delta,
  END,
  open,
  plain,
  read,
  start,
  stop,
  stream,
  textBlock,
  toolBlock,
} from "../../../support/claude-streams.ts";
import { fold } from "../../../support/deltas.ts";

describe("usage", () => {
  const metrics = {
    ...END,
    "amazon-bedrock-invocationMetrics": {
      inputTokenCount: 100,
      outputTokenCount: 50,
      cacheReadInputTokenCount: 20,
      cacheWriteInputTokenCount: 30,
    },
  };
  const usage = (...payloads: unknown[]) => read(payloads).usage;

  it("counts what a cache read and wrote as prompt", () => {
    const cached = {
      input_tokens: 7,
      output_tokens: 1,
      cache_read_input_tokens: 2048,
      cache_creation_input_tokens: 300,
    };
    expect(usage(start(cached), stop("end_turn"), END)).toEqual({
      promptTokens: 2355,
      completionTokens: 7,
      cachedTokens: 2048,
      cacheWriteTokens: 300,
    });
  });

  it("takes the totals of message_delta before message_start's", () => {
    const total = { input_tokens: 12, output_tokens: 9, cache_read_input_tokens: 3 };
    expect(usage(start(), stop("end_turn", {}, total), END)).toEqual({
      promptTokens: 15,
      completionTokens: 9,
      cachedTokens: 3,
    });
  });

  it("takes the model's counts before the metrics, and the metrics where the model has none", () => {
    expect(usage(start(), stop("end_turn"), metrics)?.completionTokens).toBe(7);
    // message_start counts only the first few tokens of the output.
    expect(usage(start(), stop("end_turn", {}, {}), metrics)).toMatchObject({ completionTokens: 50 });
    expect(usage(stop("end_turn", {}, {}), metrics)).toEqual({
      promptTokens: 150,
      completionTokens: 50,
      cachedTokens: 20,
      cacheWriteTokens: 30,
    });
  });

  it("is not invented", () => {
    expect(usage(stop("end_turn", {}, {}), END)).toBeUndefined();
    expect(
      usage(start({ input_tokens: "12", output_tokens: -1 }), stop("end_turn", {}, {}), END),
    ).toBeUndefined();
  });
});

describe("an error inside the stream", () => {
  it.each([
    ["overloaded_error", "upstream_unavailable", 500],
    ["rate_limit_error", "rate_limit_exceeded", 429],
    ["invalid_request_error", "upstream_invalid_request", 400],
    ["api_error", "upstream_error", 500],
    ["timeout_error", "upstream_timeout", 500],
    ["new_error", "upstream_error", 500],
  ])("%s is %s", (type, code, status) => {
    const deltas = stream([
      start(),
      ...textBlock(0, "Part"),
      { type: "error", error: { type, message: "Why" } },
      END,
    ]);
    expect(fold(deltas)).toMatchObject({ text: "Part", error: { code } });
    expect(deltas.at(-1)).toMatchObject({
      type: "error",
      error: { status, message: expect.stringContaining("Why") },
    });
    expect(deltas.some((one) => one.type === "finish")).toBe(false);
  });

  it("names a prompt that is too long in the words that agents look for", () => {
    const error = {
      type: "invalid_request_error",
      message: "prompt is too long: 210000 tokens > 200000 maximum",
    };
    const folded = read([{ type: "error", error }]);
    expect(folded.error).toMatchObject({ code: "context_length_exceeded" });
    expect(folded.error?.message).toContain("maximum context length");
  });

  it.each([undefined, null, "text", {}, { message: 7 }])("survives the shape %j", (error) => {
    expect(read([{ type: "error", error }]).error?.code).toBe("upstream_error");
  });

  it("reports an answer that the model itself calls broken", () => {
    expect(read([start(), stop("malformed_tool_use"), END]).error?.code).toBe("upstream_error");
  });
});

describe("an answer by tool", () => {
  const NAME = "router_json_answer";
  const answer = (index: number, ...pieces: string[]) => [
    open(index, { type: "tool_use", id: "t", name: NAME, input: {} }),
    ...pieces.map((partial_json) => delta(index, { type: "input_json_delta", partial_json })),
    close(index),
  ];

  it("becomes the content, finished with stop", () => {
    expect(read([start(), ...answer(0, "", '{"a"', ":1}"), stop("tool_use"), END], byTool)).toMatchObject({
      text: '{"a":1}',
      calls: [],
      finish: "stop",
    });
  });

  it("is not spoiled by text beside it, nor by a second answer", () => {
    const events = [start(), ...textBlock(0, "Sure:"), ...answer(1, '{"a":1}'), ...answer(2, '{"b":2}')];
    expect(read([...events, stop("tool_use"), END], byTool).text).toBe('{"a":1}');
  });

  it("keeps text where no answer came, and calls of the client's tools", () => {
    expect(read([start(), ...textBlock(0, "I cannot."), stop("refusal"), END], byTool)).toMatchObject({
      text: "I cannot.",
      finish: "content_filter",
    });
    const folded = read(
      [start(), ...textBlock(0, "Let me look."), ...toolBlock(1, "a", "{}"), stop("tool_use"), END],
      byTool,
    );
    expect(folded).toMatchObject({ text: "Let me look.", calls: [{ id: "a" }], finish: "tool_calls" });
  });

  it("is an ordinary call where the router did not ask for it", () => {
    expect(read([start(), ...answer(0, "{}"), stop("tool_use"), END]).calls).toMatchObject([{ name: NAME }]);
  });

  it("works in a whole answer", () => {
    const content = [{ type: "tool_use", id: "t", name: NAME, input: { a: [1] } }];
    const deltas = byTool.whole({ content, stop_reason: "tool_use" }, new Headers());
    expect(fold(deltas)).toMatchObject({ text: '{"a":[1]}', calls: [], finish: "stop" });
  });
});

describe("a whole answer", () => {
  const whole = (body: unknown, headers: Record<string, string> = {}) =>
    fold(plain.whole(body, new Headers(headers)));
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    content: [
      { type: "thinking", thinking: "Hm.", signature: "sig" },
      { type: "redacted_thinking", data: "x" },
      { type: "text", text: "One. " },
      { type: "text", text: "Two." },
      { type: "tool_use", id: "a", name: "look", input: { city: "Oslo" } },
      { type: "tool_use", id: "b", name: "look", input: {} },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 5, output_tokens: 6, cache_read_input_tokens: 1 },
  };

  it("gives everything that a stream gives", () => {
    expect(whole(message)).toEqual({
      text: "One. Two.",
      reasoning: "Hm.",
      refusal: "",
      blocks: [
        { kind: "signed", text: "Hm.", signature: "sig" },
        { kind: "redacted", data: "x" },
      ],
      calls: [
        { id: "a", name: "look", args: '{"city":"Oslo"}' },
        { id: "b", name: "look", args: "{}" },
      ],
      usage: { promptTokens: 6, completionTokens: 6, cachedTokens: 1 },
      finish: "tool_calls",
    });
  });

  it("falls back to the counts in the headers", () => {
    const headers = {
      "X-Amzn-Bedrock-Input-Token-Count": "4",
      "X-Amzn-Bedrock-Output-Token-Count": "9",
      "X-Amzn-Bedrock-Cache-Write-Input-Token-Count": "18131",
    };
    const { usage: _usage, ...bare } = message;
    expect(whole(bare, headers).usage).toEqual({
      promptTokens: 18135,
      completionTokens: 9,
      cacheWriteTokens: 18131,
    });
    expect(whole(message, headers).usage?.completionTokens).toBe(6);
    expect(whole(bare, { "X-Amzn-Bedrock-Input-Token-Count": "" })).not.toHaveProperty("usage");
  });

  it("explains a refusal, and sees a guardrail even without a stop reason", () => {
    const refusal = { content: [], stop_reason: "refusal", stop_details: { explanation: "No." } };
    expect(whole(refusal)).toMatchObject({ refusal: "No.", finish: "content_filter" });
    const blocked = {
      content: [{ type: "text", text: "Blocked" }],
      "amazon-bedrock-guardrailAction": "INTERVENED",
    };
    expect(whole(blocked)).toMatchObject({ text: "Blocked", finish: "content_filter" });
  });

  it("reads legacy text completions", () => {
    const body = { type: "completion", completion: " Hi", stop_reason: "stop_sequence", stop: "\n\nHuman:" };
    const headers = { "x-amzn-bedrock-input-token-count": "3", "x-amzn-bedrock-output-token-count": "2" };
    expect(whole(body, headers)).toMatchObject({
      text: " Hi",
      usage: { promptTokens: 3, completionTokens: 2 },
      finish: "stop",
    });
  });

  it.each([
    null,
    "text",
    [],
    {},
    { content: [] },
    { content: "text", stop_reason: "end_turn" },
    { content: [], stop_reason: null },
    { type: "error", error: { type: "api_error", message: "x" } },
  ])("reports the body %j", (body) => {
    expect(whole(body)).toMatchObject({ error: { code: "upstream_error" } });
  });
});
