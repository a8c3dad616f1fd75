/** Mistral's answers in both forms, as deltas. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mistral } from "../../../../src/families/mistral/index.ts";
import { familyTools, tool } from "../../../support/families.ts";
import { expectVector, streamVectors } from "../../../support/stream-vectors.ts";

const { encode, read, readBody } = familyTools(mistral);

const text = encode("mistral.mistral-7b-instruct-v0:2");
const chat = encode("mistral.mistral-large-2407-v1:0", { tools: [tool("look")] });
const stopping = encode("mistral.mistral-large-2407-v1:0", { tools: [tool("look")], stop: ["END"] });
const magistral = encode("mistral.magistral-small-2509");

const METRICS = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 5, outputTokenCount: 6 } };
const output = (value: string, stop_reason: string | null = null) => ({
  outputs: [{ text: value, stop_reason }],
});
const delta = (piece: object, more: object = { finish_reason: null }) => ({
  choices: [{ index: 0, delta: piece, ...more }],
});
const message = (piece: object, stop_reason: string | null = null) => ({
  choices: [{ index: 0, message: piece, stop_reason }],
});
const call = (id: string, args: unknown, index?: number) => ({
  id,
  type: "function",
  function: { name: "look", arguments: args },
  ...(index !== undefined && { index }),
});

describe("the text form", () => {
  it("reads the stop reason where it is: inside the output", () => {
    expect(read([output(" Hel"), output("lo"), { ...output("", "stop"), ...METRICS }], text)).toMatchObject({
      text: " Hello",
      finish: "stop",
      usage: { promptTokens: 5, completionTokens: 6 },
    });
    expect(read([output("x", "length")], text)).toMatchObject({ text: "x", finish: "length" });
    expect(read([output("x")], text)).not.toHaveProperty("finish");
  });

  it("takes usage of a whole body from the headers", () => {
    const headers = { "X-Amzn-Bedrock-Input-Token-Count": "7", "X-Amzn-Bedrock-Output-Token-Count": "8" };
    expect(readBody(output("\n\nHi", "stop"), text, headers)).toMatchObject({
      text: "\n\nHi",
      finish: "stop",
      usage: { promptTokens: 7, completionTokens: 8 },
    });
    for (const body of [null, {}, { outputs: [] }, output("x"), { choices: [] }]) {
      expect(readBody(body, text).error).toMatchObject({ code: "upstream_error" });
    }
  });

  it("shows a guardrail as content_filter", () => {
    const blocked = { outputs: [{ text: "Blocked." }], "amazon-bedrock-guardrailAction": "INTERVENED" };
    expect(readBody(blocked, text)).toMatchObject({ text: "Blocked.", finish: "content_filter" });
    expect(read([{ ...blocked, ...METRICS }], text)).toMatchObject({ finish: "content_filter" });
  });
});

describe("the chat form", () => {
  it("reads delta or message, finish_reason or stop_reason", () => {
    const deltas = [
      delta({ role: "assistant", content: "Hel" }),
      delta({ content: "lo" }, { finish_reason: "stop" }),
    ];
    expect(read(deltas, chat)).toMatchObject({ text: "Hello", finish: "stop" });
    const messages = [
      message({ role: "assistant", content: "Hel" }),
      { ...message({ content: "lo" }, "length"), ...METRICS },
    ];
    expect(read(messages, chat)).toMatchObject({
      text: "Hello",
      finish: "length",
      usage: { promptTokens: 5, completionTokens: 6 },
    });
  });

  it("reads tool calls, with text before them", () => {
    const tool_calls = [call("abc123DEF", '{"x":1}'), call("ghi456JKL", "")];
    const expected = {
      text: "I look.",
      calls: [
        { id: "abc123DEF", name: "look", args: '{"x":1}' },
        { id: "ghi456JKL", name: "look", args: "{}" },
      ],
      finish: "tool_calls",
    };
    const body = message({ role: "assistant", content: "I look.", tool_calls }, "tool_calls");
    expect(readBody(body, chat)).toMatchObject(expected);
    const streamed = [
      message({ content: "I look.", tool_calls: null }),
      message({ content: "", tool_calls }, "stop"),
    ];
    expect(read(streamed, chat)).toMatchObject(expected);
    const pieces = [
      delta({ content: "I look." }),
      delta({ tool_calls: [call("abc123DEF", '{"x"', 0)] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: ":1}" } }] }),
      delta({ tool_calls: [call("ghi456JKL", "", 1)] }, { finish_reason: "tool_calls" }),
    ];
    expect(read(pieces, chat)).toMatchObject(expected);
  });

  it("is cut at a stop sequence, and what comes behind it does not count", () => {
    const cut = [
      delta({ content: "one E" }),
      delta({ content: "ND two" }),
      delta({ tool_calls: [call("a", "{}", 0)] }),
    ];
    expect(
      read([...cut, { ...delta({}, { finish_reason: "tool_calls" }), ...METRICS }], stopping),
    ).toMatchObject({
      text: "one ",
      calls: [],
      finish: "stop",
      usage: { completionTokens: 6 },
    });
    expect(read([...cut, delta({}, { finish_reason: "length" })], stopping).finish).toBe("stop");
    const held = [
      delta({ content: "E" }),
      delta({ tool_calls: [call("a", "{}", 0)] }, { finish_reason: "tool_calls" }),
    ];
    expect(read(held, stopping)).toMatchObject({ text: "E", calls: [{ id: "a" }], finish: "tool_calls" });
    expect(readBody(message({ content: "one END two" }, "length"), stopping)).toMatchObject({
      text: "one ",
      finish: "stop",
    });
    const filtered = {
      ...message({ content: "one END" }, "stop"),
      "amazon-bedrock-guardrailAction": "INTERVENED",
    };
    expect(readBody(filtered, stopping).finish).toBe("content_filter");
  });

  it("gives the arguments of the answer tool as the content", () => {
    const schema = { type: "object", properties: {} };
    const format = { type: "json_schema", json_schema: { name: "x", schema } };
    const byTool = encode("mistral.mistral-large-2407-v1:0", { response_format: format });
    const answer = {
      ...call("abc123DEF", '{"a":1}'),
      function: { name: "router_json_answer", arguments: '{"a":1}' },
    };
    expect(readBody(message({ content: "", tool_calls: [answer] }, "tool_calls"), byTool)).toMatchObject({
      text: '{"a":1}',
      calls: [],
      finish: "stop",
    });
  });

  it("keeps Magistral's thinking out of the text, however it comes", () => {
    const expected = { text: "4", reasoning: "2+2", finish: "stop" };
    expect(readBody(message({ content: "[THINK]2+2[/THINK]4" }, "stop"), magistral)).toMatchObject(expected);
    expect(readBody(message({ content: "<think>2+2</think>\n4" }, "stop"), magistral)).toMatchObject(
      expected,
    );
    expect(readBody(message({ reasoning_content: "2+2", content: "4" }, "stop"), magistral)).toMatchObject(
      expected,
    );
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "2+2" }] },
      { type: "text", text: "4" },
    ];
    expect(readBody(message({ content: parts }, "stop"), magistral)).toMatchObject(expected);
    const pieces = [..."[THINK]2+2[/THINK]4"].map((content) => delta({ content }));
    expect(read([...pieces, delta({}, { finish_reason: "stop" })], magistral)).toMatchObject(expected);
  });

  it("never makes the decoder throw", () => {
    const inner = fc.oneof(
      fc.jsonValue(),
      fc.record({ content: fc.jsonValue(), tool_calls: fc.jsonValue() }),
    );
    const choice = fc.record(
      { delta: inner, message: inner, finish_reason: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record({ choices: fc.oneof(fc.array(choice), fc.jsonValue()), outputs: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 6 }), (payloads) => {
        for (const encoded of [text, chat, stopping, magistral]) {
          read(payloads, encoded);
          readBody(payloads[0], encoded);
        }
      }),
    );
  });
});

const vectors = streamVectors(/^(?:us\.)?mistral\./);
describe.skipIf(vectors.length === 0)("recorded and documented streams", () => {
  it("are all here", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(3);
  });
  it.each(vectors)("$name", (vector) => {
    expectVector(read(vector.payloads, encode(vector.modelId)), vector);
  });
});
