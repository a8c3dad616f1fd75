import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delta, FinishReason, Usage } from "../../../src/chat/delta.ts";
import { RouterError } from "../../../src/errors.ts";
import { chunkEncoder } from "../../../src/dialects/openai-chat/client/chunks.ts";
import { completion } from "../../../src/dialects/openai-chat/client/completion.ts";
import { foldDeltas } from "../../../src/chat/fold.ts";
import { schema } from "../../support/openai-schemas.ts";

const chunkProblems = schema("CreateChatCompletionStreamResponse");
const completionProblems = schema("CreateChatCompletionResponse");
const errorProblems = schema("ErrorResponse");

const identity = { id: "chatcmpl-1", created: 1_700_000_000, model: "claude" };
const text = fc.record({ type: fc.constant("text" as const), text: fc.string({ unit: "grapheme" }) });
const reasoning = fc.record({ type: fc.constant("reasoning" as const), text: fc.string() });
const usage: fc.Arbitrary<Usage> = fc.record(
  {
    promptTokens: fc.nat(),
    completionTokens: fc.nat(),
    cachedTokens: fc.nat(),
    cacheWriteTokens: fc.nat(),
  },
  { requiredKeys: ["promptTokens", "completionTokens"] },
);
const calls = fc
  .array(fc.record({ id: fc.string(), name: fc.string(), fragments: fc.array(fc.string()) }), {
    maxLength: 3,
  })
  .map((list) =>
    list.flatMap(({ id, name, fragments }, index): Delta[] => [
      { type: "tool_start", index, id, name },
      ...fragments.map((fragment): Delta => ({ type: "tool_arguments", index, text: fragment })),
    ]),
  );
const ending: fc.Arbitrary<Delta[]> = fc
  .tuple(
    fc.option(usage, { nil: undefined }),
    fc.constantFrom<FinishReason>("stop", "length", "tool_calls", "content_filter"),
  )
  .map(([counts, reason]) => [
    ...(counts ? [{ type: "usage" as const, usage: counts }] : []),
    { type: "finish", reason },
  ]);
const failure: fc.Arbitrary<Delta[]> = fc
  .string()
  .map((message) => [{ type: "error", error: new RouterError("upstream_truncated", message) }]);

const answer = (end: fc.Arbitrary<Delta[]>): fc.Arbitrary<Delta[]> =>
  fc
    .tuple(fc.array(fc.oneof(text, reasoning)), calls, end)
    .map(([said, called, ended]) => [...said, ...called, ...ended]);

function encodeAll(deltas: Delta[], includeUsage: boolean) {
  const encoder = chunkEncoder(identity, includeUsage);
  const lines = [...deltas.flatMap((delta) => encoder.encode(delta)), ...encoder.end()];
  return { chunks: lines.map((line): unknown => JSON.parse(line)), complete: encoder.complete };
}

describe("chunkEncoder", () => {
  it("makes only chunks that conform, for any answer", () => {
    fc.assert(
      fc.property(answer(ending), fc.boolean(), (deltas, includeUsage) => {
        const { chunks, complete } = encodeAll(deltas, includeUsage);
        expect(complete).toBe(true);
        for (const chunk of chunks) expect(chunkProblems(chunk)).toEqual([]);
      }),
    );
  });

  it("says the role once and first, finishes once and last but for the usage", () => {
    fc.assert(
      fc.property(answer(ending), fc.boolean(), (deltas, includeUsage) => {
        const { chunks } = encodeAll(deltas, includeUsage);
        const roles = chunks.map((chunk) => JSON.stringify(chunk).includes('"role":"assistant"'));
        expect(roles.indexOf(true)).toBe(0);
        expect(roles.lastIndexOf(true)).toBe(0);
        const withUsage = includeUsage && deltas.some((delta) => delta.type === "usage");
        const finishes = chunks.map((chunk) => !JSON.stringify(chunk).includes('"finish_reason":null'));
        expect(finishes.indexOf(true)).toBe(chunks.length - (withUsage ? 2 : 1));
      }),
    );
  });

  it("ends a failed answer with OpenAI's error object, and never calls it complete", () => {
    fc.assert(
      fc.property(answer(failure), (deltas) => {
        const { chunks, complete } = encodeAll(deltas, true);
        expect(complete).toBe(false);
        expect(errorProblems(chunks.at(-1))).toEqual([]);
        for (const chunk of chunks.slice(0, -1)) expect(chunk).not.toHaveProperty("error");
      }),
    );
  });

  it("preserves text and arguments", () => {
    fc.assert(
      fc.property(answer(ending), (deltas) => {
        const said = { text: "", arguments: new Map<number, string>() };
        for (const chunk of encodeAll(deltas, false).chunks) collect(chunk, said);
        const folded = foldDeltas(deltas);
        expect(said.text).toBe(folded.text);
        expect([...said.arguments.values()]).toEqual(folded.toolCalls.map((call) => call.arguments));
      }),
    );
  });
});

describe("completion", () => {
  it("conforms for any answer", () => {
    fc.assert(
      fc.property(answer(ending), (deltas) => {
        expect(completionProblems(completion(identity, foldDeltas(deltas)))).toEqual([]);
      }),
    );
  });

  it("never makes an answer of a failed or unfinished one", () => {
    fc.assert(
      fc.property(answer(failure), (deltas) => {
        expect(() => foldDeltas(deltas)).toThrow(RouterError);
        expect(() => foldDeltas(deltas.slice(0, -1))).toThrow(/before it was complete/);
      }),
    );
  });

  it("has null content only beside tool calls or a refusal", () => {
    const finish: Delta = { type: "finish", reason: "stop" };
    const message = (deltas: Delta[]) =>
      JSON.stringify(completion(identity, foldDeltas([...deltas, finish])));
    expect(message([])).toContain('"content":""');
    expect(message([{ type: "tool_start", index: 0, id: "a", name: "f" }])).toContain('"content":null');
    expect(message([{ type: "refusal", text: "no" }])).toContain('"content":null,"refusal":"no"');
  });
});

describe("the deprecated function interface", () => {
  const legacy = { ...identity, functionCalls: true };
  const deltas: Delta[] = [
    { type: "tool_start", index: 0, id: "a", name: "f" },
    { type: "tool_arguments", index: 0, text: '{"x":1}' },
    { type: "tool_start", index: 1, id: "b", name: "g" },
    { type: "tool_arguments", index: 1, text: "{}" },
    { type: "finish", reason: "tool_calls" },
  ];

  it("gets the first call as function_call, whole", () => {
    const body = completion(legacy, foldDeltas(deltas));
    expect(completionProblems(body)).toEqual([]);
    expect(body).toMatchObject({
      choices: [
        { message: { function_call: { name: "f", arguments: '{"x":1}' } }, finish_reason: "function_call" },
      ],
    });
    expect(JSON.stringify(body)).not.toContain("tool_calls");
  });

  it("gets the first call as function_call, streamed", () => {
    const encoder = chunkEncoder(legacy, false);
    const lines = deltas.flatMap((delta) => encoder.encode(delta));
    for (const line of lines) expect(chunkProblems(JSON.parse(line))).toEqual([]);
    const text = lines.join("");
    expect(text).toContain('"function_call":{"name":"f","arguments":""}');
    expect(text).toContain('"function_call":{"arguments":"{\\"x\\":1}"}');
    expect(text).toContain('"finish_reason":"function_call"');
    expect(text).not.toMatch(/tool_calls|"g"/);
  });
});

interface WireChunk {
  choices: {
    delta: { content?: string; tool_calls?: { index: number; function: { arguments: string } }[] };
  }[];
}

function isChunk(value: unknown): value is WireChunk {
  return chunkProblems(value).length === 0;
}

function collect(chunk: unknown, said: { text: string; arguments: Map<number, string> }): void {
  if (!isChunk(chunk)) throw new Error("not a chunk");
  for (const { delta } of chunk.choices) {
    said.text += delta.content ?? "";
    for (const call of delta.tool_calls ?? []) {
      said.arguments.set(call.index, (said.arguments.get(call.index) ?? "") + call.function.arguments);
    }
  }
}
