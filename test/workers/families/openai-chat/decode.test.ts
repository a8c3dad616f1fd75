import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { familyFor } from "../../../../src/families/index.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { type AnswerShape, chatBody, chatDecoder } from "../../../support/chat-answers.ts";
import { type Folded, fold, NOTHING } from "../../../support/deltas.ts";
import { expectVector, streamVectors } from "../../../support/stream-vectors.ts";

/** Not by Converse, which is the default for some of these models. */
const NATIVE = { api: "invoke" } as const;

const KIMI: AnswerShape = { reasoningTags: ["reasoning", "think"], reasoningPairs: true, rawToolCalls: true };

const deltas = (payloads: readonly unknown[], shape?: AnswerShape) => {
  const decode = chatDecoder(shape);
  return payloads.flatMap((payload) => decode({ event: "chunk", payload }));
};
const read = (payloads: readonly unknown[], shape?: AnswerShape): Folded => fold(deltas(payloads, shape));
const chunk = (delta: JsonObject, more: JsonObject = {}) => ({ choices: [{ index: 0, delta, ...more }] });
const text = (content: string) => chunk({ content });
const call = (fragment: JsonObject) => chunk({ tool_calls: [fragment] });
const stop = (finish_reason: string, more: JsonObject = {}) => ({ ...chunk({}, { finish_reason }), ...more });
const METRICS = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 9, outputTokenCount: 4 } };

describe("text and end", () => {
  it("reads delta and message, finish_reason and stop_reason", () => {
    for (const key of ["delta", "message"]) {
      for (const end of ["finish_reason", "stop_reason"]) {
        const payloads = [
          { choices: [{ [key]: { role: "assistant", content: "Bon" }, [end]: null }] },
          { choices: [{ [key]: { content: "jour" }, [end]: "length" }] },
        ];
        expect(read(payloads)).toMatchObject({ text: "Bonjour", finish: "length" });
      }
    }
  });

  it("does not take vLLM's numeric stop_reason, or the stop word there, for the reason", () => {
    expect(read([chunk({}, { finish_reason: "stop", stop_reason: 518 })]).finish).toBe("stop");
    expect(read([chunk({}, { finish_reason: "length", stop_reason: "END" })]).finish).toBe("length");
  });

  it("reads text completions, and the string [DONE] at their end", () => {
    const payloads = [
      { choices: [{ index: 0, text: "Hel", finish_reason: null }], usage: null },
      { choices: [{ index: 0, text: "lo.", finish_reason: "stop" }] },
      "[DONE]",
    ];
    expect(read(payloads)).toMatchObject({ text: "Hello.", finish: "stop" });
  });

  it("keeps text that comes in the chunk with the finish reason", () => {
    expect(read([text("a"), chunk({ content: "b" }, { finish_reason: "stop" })]).text).toBe("ab");
  });

  it("finishes once, and only when a reason came", () => {
    expect(read([text("a")]).finish).toBeUndefined();
    expect(read([stop("stop"), stop("length"), text("late")])).toMatchObject({ text: "", finish: "stop" });
  });

  it("reads content parts with Magistral's thinking", () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "so" },
    ];
    expect(read([chunk({ content }), stop("stop")])).toMatchObject({ reasoning: "hm", text: "so" });
  });

  it("gives a refusal, and content_filter for a filtered answer", () => {
    const folded = read([chunk({ refusal: "I can" }), chunk({ refusal: "not" }), stop("content_filter")]);
    expect(folded).toMatchObject({ refusal: "I cannot", finish: "content_filter" });
  });

  it("says content_filter where a guardrail intervened, also without a reason in the last chunk", () => {
    const intervened = { "amazon-bedrock-guardrailAction": "INTERVENED" };
    expect(read([{ ...text("no"), ...intervened }, stop("stop")]).finish).toBe("content_filter");
    const blocked = { ...text("blocked"), ...intervened, "amazon-bedrock-trace": {} };
    expect(read([blocked])).toMatchObject({ text: "blocked", finish: "content_filter" });
    expect(read([{ ...text("masked"), ...intervened }]).finish).toBeUndefined();
  });
});

describe("usage", () => {
  it("takes the metrics of the last chunk, before the finish", () => {
    expect(deltas([stop("stop", METRICS)]).map(({ type }) => type)).toEqual(["usage", "finish"]);
    expect(read([stop("stop", METRICS)]).usage).toEqual({ promptTokens: 9, completionTokens: 4 });
  });

  it("prefers the model's own counts, the last of them", () => {
    const usage = (completion_tokens: number) => ({ usage: { prompt_tokens: 5, completion_tokens } });
    const payloads = [{ ...text("a"), ...usage(1) }, stop("stop", { ...usage(2), ...METRICS })];
    expect(read(payloads).usage).toEqual({ promptTokens: 5, completionTokens: 2 });
  });

  it("gives counts that come after the finish after it, once", () => {
    const late = { choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 }, ...METRICS };
    expect(deltas([stop("stop"), late, METRICS]).map(({ type }) => type)).toEqual(["finish", "usage"]);
  });

  it("tells cached tokens, which OpenAI counts among the prompt's", () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
    };
    expect(read([stop("stop", { usage })]).usage).toEqual({
      promptTokens: 100,
      completionTokens: 2,
      cachedTokens: 60,
      cacheWriteTokens: 10,
    });
  });
});

describe("tool calls", () => {
  it("joins fragments by index and numbers the calls itself", () => {
    const folded = read([
      call({ index: 3, id: "a", type: "function", function: { name: "f", arguments: '{"x"' } }),
      call({ index: 3, function: { arguments: ":1}" } }),
      call({ index: 7, id: "b", function: { name: "g", arguments: "" } }),
      stop("tool_calls"),
    ]);
    expect(folded.calls).toEqual([
      { id: "a", name: "f", args: '{"x":1}' },
      { id: "b", name: "g", args: "{}" },
    ]);
    expect(folded.finish).toBe("tool_calls");
  });

  it("says tool_calls also where the model says stop", () => {
    expect(read([call({ index: 0, id: "a", function: { name: "f" } }), stop("stop")]).finish).toBe(
      "tool_calls",
    );
  });

  it("keeps calls apart that all carry index 0, or none", () => {
    for (const index of [{ index: 0 }, {}]) {
      const folded = read([
        call({ ...index, id: "a", function: { name: "f", arguments: "{}" } }),
        call({ ...index, id: "b", function: { name: "f", arguments: '{"y"' } }),
        call({ ...index, function: { arguments: ":2}" } }),
        stop("tool_calls"),
      ]);
      expect(folded.calls).toEqual([
        { id: "a", name: "f", args: "{}" },
        { id: "b", name: "f", args: '{"y":2}' },
      ]);
    }
  });

  it("takes an id and name that come again for the same call", () => {
    const folded = read([
      call({ index: 0, id: "a", function: { name: "f", arguments: "{" } }),
      call({ index: 0, id: "a", function: { name: "f", arguments: "}" } }),
      stop("tool_calls"),
    ]);
    expect(folded.calls).toEqual([{ id: "a", name: "f", args: "{}" }]);
  });

  it("waits for a late name, gives a missing id, and writes arguments that are an object", () => {
    const late = [
      call({ index: 0, function: { arguments: "{}" } }),
      call({ index: 0, function: { name: "f" } }),
    ];
    expect(read([...late, stop("tool_calls")]).calls).toEqual([{ id: "call_0", name: "f", args: "{}" }]);
    const object = call({ id: "a", function: { name: "f", arguments: { x: 1 } } });
    expect(read([object, stop("tool_calls")]).calls).toEqual([{ id: "a", name: "f", args: '{"x":1}' }]);
  });

  it("does not count an empty list or a call without a name", () => {
    const folded = read([chunk({ content: "a", tool_calls: [] }), call({ index: 0 }), stop("tool_calls")]);
    expect(folded).toMatchObject({ calls: [], finish: "stop" });
  });

  it("keeps text beside tool calls", () => {
    const folded = read([
      text("Let me see."),
      call({ id: "a", function: { name: "f" } }),
      stop("tool_calls"),
    ]);
    expect(folded).toMatchObject({ text: "Let me see.", finish: "tool_calls" });
  });
});

describe("an answer that is a tool's arguments", () => {
  const shape: AnswerShape = { answerTool: "answer" };
  const answer = call({ index: 0, id: "a", function: { name: "answer", arguments: '{"x":1}' } });

  it("becomes the content, and the finish is stop", () => {
    expect(read([text("Here: "), answer, stop("tool_calls")], shape)).toMatchObject({
      text: '{"x":1}',
      calls: [],
      finish: "stop",
    });
  });

  it("gives way to text where the tool is not called, and to the client's tools", () => {
    expect(read([text("No."), stop("stop")], shape).text).toBe("No.");
    const other = call({ index: 0, id: "b", function: { name: "f", arguments: "{}" } });
    expect(read([text("Wait."), other, stop("tool_calls")], shape)).toMatchObject({
      text: "Wait.",
      calls: [{ id: "b", name: "f", args: "{}" }],
      finish: "tool_calls",
    });
  });

  it("is given once", () => {
    const second = call({ index: 1, id: "b", function: { name: "answer", arguments: '{"x":2}' } });
    expect(read([answer, second, stop("tool_calls")], shape).text).toBe('{"x":1}');
  });
});

describe("reasoning", () => {
  it("reads both names of the field", () => {
    for (const key of ["reasoning_content", "reasoning"]) {
      const folded = read([chunk({ [key]: "hm", content: null }), text("so"), stop("stop")]);
      expect(folded).toMatchObject({ reasoning: "hm", text: "so" });
    }
  });

  it("reads one balanced pair a delta, also after text", () => {
    const pair = (inner: string) => text(`<reasoning>${inner}</reasoning>`);
    const folded = read([pair("The user"), pair(" asks"), text("Hi"), pair("more"), stop("stop")], KIMI);
    expect(folded).toMatchObject({ reasoning: "The user asksmore", text: "Hi" });
  });

  it("reads a tag that falls apart, and leaves later tags in quoted code alone", () => {
    const shape = { reasoningTags: ["think"] };
    const payloads = [text("<th"), text("ink>hm</thi"), text("nk>Use <think> so."), stop("stop")];
    expect(read(payloads, shape)).toMatchObject({ reasoning: "hm", text: "Use <think> so." });
  });

  it("leaves tags in the text of models that do not reason", () => {
    expect(read([text("<think>x</think>"), stop("stop")]).text).toBe("<think>x</think>");
  });
});

describe("errors inside an answer", () => {
  it.each([
    [{ error: { message: "boom", code: 500 } }, "upstream_error"],
    [{ error: { message: "slow down", code: "429" } }, "rate_limit_exceeded"],
    [{ object: "error", message: "bad field", code: 400 }, "upstream_invalid_request"],
    [{ error: "boom" }, "upstream_error"],
    [{ error: { message: "This model's maximum context length is 9" } }, "context_length_exceeded"],
  ])("%j", (payload, code) => {
    const folded = read([text("a"), payload, text("b"), stop("stop")]);
    expect(folded).toMatchObject({ text: "a", error: { code } });
    expect(folded.finish).toBeUndefined();
    expect(fold(chatBody(payload, new Headers())).error?.code).toBe(code);
  });

  it("keeps what agents look for in too long a prompt", () => {
    const folded = read([{ error: { message: "context window exceeded" } }]);
    expect(folded.error?.message).toMatch(/maximum context length/);
  });

  it("reports an answer that the model calls broken, and nothing after it", () => {
    const folded = read([stop("error"), { usage: { prompt_tokens: 1, completion_tokens: 1 } }]);
    expect(folded).toMatchObject({ error: { code: "upstream_error" } });
  });
});

describe("whole answers", () => {
  const headers = new Headers({
    "x-amzn-bedrock-input-token-count": "7",
    "x-amzn-bedrock-output-token-count": "3",
  });
  const message = {
    role: "assistant",
    content: "<reasoning>hm</reasoning>Hi",
    tool_calls: [
      { id: "a", type: "function", function: { name: "f", arguments: "" } },
      { id: "b", type: "function", function: { name: "g", arguments: '{"x":1}' } },
    ],
    reasoning_content: null,
  };

  it("give the same as a stream", () => {
    const body = { choices: [{ index: 0, message, finish_reason: "tool_calls" }] };
    expect(fold(chatBody(body, headers, KIMI))).toEqual({
      ...NOTHING,
      text: "Hi",
      reasoning: "hm",
      calls: [
        { id: "a", name: "f", args: "{}" },
        { id: "b", name: "g", args: '{"x":1}' },
      ],
      usage: { promptTokens: 7, completionTokens: 3 },
      finish: "tool_calls",
    });
  });

  it("prefer the body's usage to the headers", () => {
    const body = {
      choices: [{ text: "x", finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    expect(fold(chatBody(body, headers)).usage).toEqual({ promptTokens: 1, completionTokens: 2 });
  });

  it("are errors where they are not finished, but for what a guardrail put in their place", () => {
    const open = { choices: [{ message: { content: "Hi" } }] };
    for (const body of [open, {}, { choices: [] }, null, "x", [1]]) {
      expect(fold(chatBody(body, headers))).toMatchObject({ error: { code: "upstream_error" } });
    }
    const blocked = { ...open, "amazon-bedrock-guardrailAction": "INTERVENED" };
    expect(fold(chatBody(blocked, headers))).toMatchObject({ text: "Hi", finish: "content_filter" });
  });
});

describe("damaged payloads", () => {
  it("never throw, and never end twice", () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("<reasoning>", "<|tool_call_begin|>", "f"));
    const fragment = fc.record(
      {
        index: value,
        id: value,
        function: fc.oneof(value, fc.record({ name: value, arguments: value }, { requiredKeys: [] })),
      },
      { requiredKeys: [] },
    );
    const piece = fc.record(
      {
        content: value,
        reasoning: value,
        refusal: value,
        tool_calls: fc.oneof(value, fc.array(fragment, { maxLength: 3 })),
      },
      { requiredKeys: [] },
    );
    const choice = fc.record(
      { delta: piece, message: piece, text: value, finish_reason: fc.oneof(value, fc.constant("stop")) },
      { requiredKeys: [] },
    );
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(
        { choices: fc.oneof(value, fc.array(choice, { maxLength: 2 })), usage: value, error: value },
        { requiredKeys: ["choices"] },
      ),
    );
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), (payloads) => {
        for (const shape of [{}, KIMI, { answerTool: "f" }]) {
          const types = deltas(payloads, shape).map(({ type }) => type);
          expect(types.filter((type) => type === "finish" || type === "error").length).toBeLessThanOrEqual(1);
          const whole = chatBody(payloads[0], new Headers(), shape).map(({ type }) => type);
          expect(whole.filter((type) => type === "finish" || type === "error")).toHaveLength(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const MODELS = /(?:gpt-oss|qwen3|jamba|palmyra|mistral-large-2407)/;
const vectors = streamVectors(MODELS);

describe.skipIf(vectors.length === 0)("recorded and documented streams", () => {
  it("are all here", () => {
    expect(vectors.length).toBe(6);
  });

  it.each(vectors)("$name", (vector) => {
    const mistral = vector.modelId.startsWith("mistral");
    const target = bedrockTarget(vector.modelId, { ...NATIVE, ...(mistral && { family: "openai" }) });
    const family = familyFor(target);
    const decode = family.encode(chat({ stream: true }), target).stream();
    const folded = fold(vector.payloads.flatMap((payload) => decode({ event: "chunk", payload })));
    expectVector(folded, vector);
    // Reasoning never stays in the text.
    expect(folded.text).toBe(vector.wire.expected.text);
  });
});
