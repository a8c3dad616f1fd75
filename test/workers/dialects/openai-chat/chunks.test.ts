import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delta, FinishReason } from "../../../../src/chat/delta.ts";
import { RouterError } from "../../../../src/errors.ts";
import { chunkEncoder } from "../../../../src/dialects/openai-chat/client/chunks.ts";
import { completion } from "../../../../src/dialects/openai-chat/client/completion.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import { streamedAnswer, wireCompletion } from "../../../support/wire.ts";

const IDENTITY = { id: `chatcmpl-${"0".repeat(32)}`, created: 1_767_225_600, model: "claude" };
const FINISH: Delta = { type: "finish", reason: "stop" };
const USAGE: Delta = { type: "usage", usage: { promptTokens: 3, completionTokens: 2 } };
const FAILED: Delta = { type: "error", error: new RouterError("upstream_truncated", "It broke off.") };

/** The chunks of an answer, as values. */
function chunks(deltas: readonly Delta[], includeUsage = false): unknown[] {
  const encoder = chunkEncoder(IDENTITY, includeUsage);
  return [...deltas.flatMap((delta) => encoder.encode(delta)), ...encoder.end()].map((text): unknown =>
    JSON.parse(text),
  );
}

/** A chunk around a delta. */
const chunk = (delta: object, finish: FinishReason | null = null, more: object = {}) => ({
  id: IDENTITY.id,
  object: "chat.completion.chunk",
  created: IDENTITY.created,
  model: "claude",
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  ...more,
});
const ROLE = { role: "assistant", content: "" };

describe("chunkEncoder", () => {
  it("says the role first, then each text, then the finish reason with an empty delta", () => {
    const text = (value: string): Delta => ({ type: "text", text: value });
    expect(chunks([text("Hel"), text('l"o\n€'), FINISH])).toEqual([
      chunk(ROLE),
      chunk({ content: "Hel" }),
      chunk({ content: 'l"o\n€' }),
      chunk({}, "stop"),
    ]);
  });

  it("says the role also where the answer is only a finish reason", () => {
    expect(chunks([{ type: "finish", reason: "length" }])).toEqual([chunk(ROLE), chunk({}, "length")]);
  });

  it("starts a tool with index, id, type, name and empty arguments, then gives index and arguments only", () => {
    const deltas: Delta[] = [
      { type: "tool_start", index: 0, id: "a", name: "read" },
      { type: "tool_arguments", index: 0, text: '{"p":' },
      { type: "tool_arguments", index: 0, text: "1}" },
      { type: "tool_start", index: 1, id: "b", name: "ls" },
      { type: "tool_arguments", index: 1, text: "{}" },
      { type: "finish", reason: "tool_calls" },
    ];
    const start = (index: number, id: string, name: string) =>
      chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] });
    const more = (index: number, text: string) =>
      chunk({ tool_calls: [{ index, function: { arguments: text } }] });
    expect(chunks(deltas)).toEqual([
      chunk(ROLE),
      start(0, "a", "read"),
      more(0, '{"p":'),
      more(0, "1}"),
      start(1, "b", "ls"),
      more(1, "{}"),
      chunk({}, "tool_calls"),
    ]);
  });

  it("keeps reasoning out of content, and what only the model reads out of everything", () => {
    const deltas: Delta[] = [
      { type: "reasoning", text: "Hm." },
      { type: "reasoning_block", block: { kind: "signed", text: "", signature: "s" } },
      { type: "refusal", text: "No." },
      FINISH,
    ];
    expect(chunks(deltas)).toEqual([
      chunk(ROLE),
      chunk({ reasoning_content: "Hm." }),
      chunk({ refusal: "No." }),
      chunk({}, "stop"),
    ]);
  });

  it("makes no chunk of an empty piece", () => {
    const empty: Delta[] = [
      { type: "text", text: "" },
      { type: "reasoning", text: "" },
      { type: "tool_arguments", index: 0, text: "" },
    ];
    expect(chunks(empty)).toEqual([]);
  });

  it("ends with the usage chunk exactly when include_usage asks, every other chunk having usage null", () => {
    const deltas: Delta[] = [{ type: "text", text: "x" }, USAGE, FINISH];
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const none = { usage: null };
    expect(chunks(deltas, true)).toEqual([
      chunk(ROLE, null, none),
      chunk({ content: "x" }, null, none),
      chunk({}, "stop", none),
      { ...chunk({}), choices: [], usage },
    ]);
    for (const value of chunks(deltas)) expect(value).not.toHaveProperty("usage");
  });

  it("makes no usage chunk where usage is not known, nor after an error", () => {
    expect(chunks([FINISH], true)).toHaveLength(2);
    expect(chunks([{ type: "text", text: "x" }, USAGE, FAILED], true)).toHaveLength(3);
  });

  it("tells what came from and went to a cache", () => {
    const usage = { promptTokens: 10, completionTokens: 2, cachedTokens: 7, cacheWriteTokens: 1 };
    expect(chunks([{ type: "usage", usage }, FINISH], true).at(-1)).toMatchObject({
      usage: {
        prompt_tokens: 10,
        completion_tokens: 2,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 7, cache_write_tokens: 1 },
      },
    });
  });

  it("makes an error OpenAI's error object: no chunk before it, if it is the first", () => {
    const error = { message: "It broke off.", type: "server_error", param: null, code: "upstream_truncated" };
    expect(chunks([FAILED])).toEqual([{ error }]);
    expect(chunks([{ type: "text", text: "x" }, FAILED])).toEqual([
      chunk(ROLE),
      chunk({ content: "x" }),
      { error },
    ]);
  });

  it("calls an answer complete after its finish delta, unless an error came", () => {
    const state = (deltas: readonly Delta[]) => {
      const encoder = chunkEncoder(IDENTITY, false);
      for (const delta of deltas) encoder.encode(delta);
      return [encoder.complete, encoder.failure?.code];
    };
    expect(state([])).toEqual([false, undefined]);
    expect(state([{ type: "text", text: "x" }, USAGE])).toEqual([false, undefined]);
    expect(state([FINISH])).toEqual([true, undefined]);
    expect(state([FINISH, FAILED])).toEqual([false, "upstream_truncated"]);
  });
});

/** An answer as a family may give it: pieces in any order, tool calls counted from 0, and its end. */
const anyAnswer = fc
  .array(
    fc.oneof(
      fc.record({ type: fc.constant("text" as const), text: fc.string() }),
      fc.record({ type: fc.constant("reasoning" as const), text: fc.string() }),
      fc.record({ type: fc.constant("call" as const), name: fc.string(), args: fc.array(fc.string()) }),
    ),
  )
  .map((pieces) => {
    let calls = 0;
    return pieces.flatMap((piece): Delta[] => {
      if (piece.type !== "call") return [piece];
      const index = calls++;
      const start: Delta = { type: "tool_start", index, id: `id-${index}`, name: piece.name };
      return [start, ...piece.args.map((text): Delta => ({ type: "tool_arguments", index, text }))];
    });
  });

describe("chunks and the whole completion", () => {
  it("tell the same of any answer", () => {
    fc.assert(
      fc.property(anyAnswer, fc.boolean(), (pieces, includeUsage) => {
        const deltas: Delta[] = [...pieces, USAGE, FINISH];
        const lines = chunks(deltas, includeUsage).map((value) => `data: ${JSON.stringify(value)}\n\n`);
        const streamed = streamedAnswer(lines.join(""));
        const whole = wireCompletion(completion(IDENTITY, foldDeltas(deltas)));
        const [{ message, finish_reason }] = whole.choices;
        expect(message.content ?? "").toBe(streamed.text);
        const called = message.tool_calls ?? [];
        expect(called.map(({ id, function: f }) => ({ id, name: f.name, args: f.arguments }))).toEqual(
          streamed.calls,
        );
        expect(finish_reason).toBe(streamed.finish);
        expect(streamed.usage).toEqual(includeUsage ? whole.usage : undefined);
      }),
    );
  });

  it("never make a whole completion of an answer that failed or did not finish", () => {
    expect(() => foldDeltas([{ type: "text", text: "x" }, USAGE])).toThrowError(
      expect.objectContaining({ code: "upstream_truncated" }),
    );
    expect(() => foldDeltas([FINISH, FAILED])).toThrowError("It broke off.");
  });

  it("have null content only beside calls or a refusal", () => {
    const content = (deltas: readonly Delta[]) =>
      wireCompletion(completion(IDENTITY, foldDeltas([...deltas, FINISH]))).choices[0].message;
    expect(content([])).toMatchObject({ content: "", refusal: null });
    expect(content([{ type: "refusal", text: "No." }])).toMatchObject({ content: null, refusal: "No." });
    const call: Delta = { type: "tool_start", index: 0, id: "a", name: "f" };
    expect(content([call])).toMatchObject({ content: null });
    expect(content([{ type: "text", text: "x" }, call])).toMatchObject({ content: "x" });
    expect(content([{ type: "reasoning", text: "Hm." }])).toMatchObject({ reasoning_content: "Hm." });
  });
});
