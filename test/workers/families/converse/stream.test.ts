/** Converse's answers as deltas: every event, recorded streams, whole bodies, and payloads of any shape. */

import cases from "virtual:vectors/converse-streams";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FamilyMessage } from "../../../../src/families/family.ts";
import { tool } from "../../../support/claude-requests.ts";
import {
  close,
  encode,
  event,
  LLAMA,
  metadata,
  NOVA,
  piece,
  plain,
  read,
  readBody,
  START,
  stop,
  stream,
  textBlock,
  toolBlock,
} from "../../../support/converse.ts";
import { fold, NOTHING } from "../../../support/deltas.ts";

const SCHEMA = { type: "object", properties: { a: { type: "number" } } };
const byTool = encode({
  response_format: { type: "json_schema", json_schema: { name: "x", schema: SCHEMA } },
});
const stopping = encode({ stop: ["END"] }, LLAMA);

describe("a tool that Bedrock runs by itself", () => {
  it("is none of the client's calls, and the answer ends as it ends", () => {
    const toolUse = { toolUseId: "s1", name: "nova_grounding", type: "server_tool_use" };
    const events = [
      START,
      event("contentBlockStart", { contentBlockIndex: 0, start: { toolUse } }),
      piece(0, { toolUse: { input: '{"q":"x"}' } }),
      close(0),
      ...textBlock(1, "found"),
      stop("end_turn"),
      metadata(),
    ];
    expect(read(events)).toMatchObject({ text: "found", calls: [], finish: "stop" });
    const content = [{ toolUse: { ...toolUse, input: { q: "x" } } }, { text: "found" }];
    const body = { output: { message: { role: "assistant", content } }, stopReason: "end_turn", usage: {} };
    expect(readBody(body)).toMatchObject({ text: "found", calls: [], finish: "stop" });
  });
});

describe("a stream", () => {
  it("gives text and finish each at its time, and the usage behind them", () => {
    const decode = plain.stream();
    const deltas = [START, ...textBlock(0, "Hel", "lo"), stop("end_turn"), metadata()].map(decode);
    expect(deltas).toEqual([
      [],
      [{ type: "text", text: "Hel" }],
      [{ type: "text", text: "lo" }],
      [],
      [{ type: "finish", reason: "stop", native: "end_turn" }],
      [{ type: "usage", usage: { promptTokens: 10, completionTokens: 7 } }],
    ]);
  });

  it("keeps all text around tool calls, and counts calls from 0 whatever their block index", () => {
    const folded = read([
      START,
      ...textBlock(0, "First. "),
      ...toolBlock(3, "a", "look", '{"x"', ":1}"),
      ...textBlock(4, "Second."),
      ...toolBlock(7, "b", "find", '{"y":2}'),
      stop("tool_use"),
    ]);
    expect(folded).toMatchObject({ text: "First. Second.", finish: "tool_calls" });
    expect(folded.calls).toEqual([
      { id: "a", name: "look", args: '{"x":1}' },
      { id: "b", name: "find", args: '{"y":2}' },
    ]);
  });

  it.each([[[]], [[""]], [["{}"]]])("gives {} for a call without arguments: %j", (pieces) => {
    const folded = read([START, ...toolBlock(0, "a", "look", ...pieces), stop("tool_use")]);
    expect(folded.calls).toEqual([{ id: "a", name: "look", args: "{}" }]);
  });

  it("keeps reasoning out of the text and hands on what was signed or encrypted", () => {
    const folded = read([
      START,
      piece(0, { reasoningContent: { text: "Hm, " } }),
      piece(0, { reasoningContent: { text: "yes." } }),
      piece(0, { reasoningContent: { signature: "sig" } }),
      close(0),
      piece(1, { reasoningContent: { redactedContent: "eHl6" } }),
      close(1),
      piece(2, { reasoningContent: { text: "unsigned" } }),
      close(2),
      ...textBlock(3, "Yes."),
      stop("end_turn"),
    ]);
    expect(folded).toMatchObject({ text: "Yes.", reasoning: "Hm, yes.unsigned" });
    expect(folded.blocks).toEqual([
      { kind: "signed", text: "Hm, yes.", signature: "sig" },
      { kind: "redacted", data: "eHl6" },
    ]);
  });

  it("hands on a signed block whose end went missing", () => {
    const open = [
      piece(0, { reasoningContent: { text: "a" } }),
      piece(0, { reasoningContent: { signature: "s" } }),
    ];
    expect(read([...open, stop("end_turn")]).blocks).toHaveLength(1);
  });

  it("counts what a cache took part in", () => {
    const usage = { inputTokens: 11, outputTokens: 2, cacheReadInputTokens: 100, cacheWriteInputTokens: 20 };
    expect(read([stop("end_turn"), metadata(usage)]).usage).toEqual({
      promptTokens: 131,
      completionTokens: 2,
      cachedTokens: 100,
      cacheWriteTokens: 20,
    });
  });

  it("never finishes without messageStop, and gives nothing but the bill behind it", () => {
    expect(read([START, ...textBlock(0, "A"), metadata()])).not.toHaveProperty("finish");
    const late = read([START, stop("end_turn"), ...textBlock(1, "late"), stop("max_tokens"), metadata()]);
    expect(late).toMatchObject({ text: "", finish: "stop", usage: { promptTokens: 10 } });
  });

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["guardrail_intervened", "content_filter"],
    ["content_filtered", "content_filter"],
    ["something new", "stop"],
  ])("stopReason %s is %s", (reason, expected) => {
    expect(read([START, ...textBlock(0, "A"), stop(reason)]).finish).toBe(expected);
  });

  it("says tool_calls for any answer with a call, but length for one that was cut", () => {
    const call = toolBlock(0, "a", "look", "{}");
    expect(read([START, ...call, stop("end_turn")]).finish).toBe("tool_calls");
    expect(read([START, ...call, stop("max_tokens")]).finish).toBe("length");
  });

  it.each(["malformed_model_output", "malformed_tool_use"])(
    "%s is an error that ends the answer",
    (reason) => {
      const folded = read([START, ...textBlock(0, "A"), stop(reason), metadata(), ...textBlock(1, "B")]);
      expect(folded).toMatchObject({ text: "A", error: { code: "upstream_error" } });
      expect(folded.error?.message).toContain(reason);
      expect(folded).not.toHaveProperty("usage");
    },
  );

  it("makes the answer tool's input the text, without the words around it", () => {
    const folded = read(
      [
        START,
        ...textBlock(0, "Here: "),
        ...toolBlock(1, "a", "router_json_answer", '{"a"', ":1}"),
        stop("tool_use"),
      ],
      byTool,
    );
    expect(folded).toMatchObject({ text: '{"a":1}', calls: [], finish: "stop" });
    expect(read([START, ...textBlock(0, "No."), stop("end_turn")], byTool).text).toBe("No.");
  });

  it("puts back the client's tool names where the model takes only plain ones", () => {
    const encoded = encode({ tools: [tool("get-weather")] }, NOVA);
    const [first] = (encoded.body.toolConfig as { tools: { toolSpec: { name: string } }[] }).tools;
    const name = first?.toolSpec.name ?? "";
    expect(name).toMatch(/^[a-z0-9_]+$/);
    const answer = [START, ...toolBlock(0, "a", name, "{}"), stop("tool_use")];
    expect(read(answer, encoded).calls[0]?.name).toBe("get-weather");
    expect(read(answer).calls[0]?.name).toBe(name);
  });

  it("ends the text before a stop sequence that the model does not know, and still waits for its end", () => {
    const before = [START, ...textBlock(0, "One E", "ND two")];
    expect(read(before, stopping)).toMatchObject({ text: "One " });
    expect(read(before, stopping)).not.toHaveProperty("finish");
    const after = [...before, ...toolBlock(1, "a", "look", "{}"), stop("max_tokens"), metadata()];
    expect(read(after, stopping)).toMatchObject({
      text: "One ",
      calls: [],
      finish: "stop",
      usage: { promptTokens: 10 },
    });
    expect(read([START, ...textBlock(0, "One E"), stop("end_turn")], stopping).text).toBe("One E");
  });

  it("ignores what it does not know", () => {
    const odd: FamilyMessage[] = [
      event("chunk", { contentBlockIndex: 0, delta: { text: "no" } }),
      event("futureEvent", {}),
      event("contentBlockStart", { contentBlockIndex: 9, start: { image: { format: "png" } } }),
      event("contentBlockStart", {}),
      event("contentBlockDelta", null),
      event("contentBlockDelta", "text"),
      piece(9, { image: { source: { bytes: "" } } }),
      piece(9, { citation: { title: "t" } }),
      piece(9, { toolUse: { input: "{}" } }),
      piece(9, { toolResult: [{ text: "no" }] }),
      event("metadata", { usage: { inputTokens: 1 } }),
      close(42),
    ];
    expect(read([START, ...odd, ...textBlock(0, "A"), stop("end_turn"), metadata()])).toEqual({
      ...NOTHING,
      text: "A",
      usage: { promptTokens: 10, completionTokens: 7 },
      finish: "stop",
    });
  });
});

describe("a whole answer", () => {
  const body = (content: unknown[], stopReason = "end_turn") => ({
    output: { message: { role: "assistant", content } },
    stopReason,
    usage: { inputTokens: 10, outputTokens: 7, totalTokens: 17 },
    metrics: { latencyMs: 5 },
  });

  it("gives the deltas of the stream it would have been", () => {
    const folded = readBody(
      body(
        [
          { reasoningContent: { reasoningText: { text: "Hm.", signature: "s" } } },
          { reasoningContent: { redactedContent: "eA==" } },
          { text: "One, " },
          { citationsContent: { content: [{ text: "two." }], citations: [] } },
          { toolUse: { toolUseId: "a", name: "look", input: { q: "é" } } },
          { toolUse: { toolUseId: "b", name: "find", input: {} } },
        ],
        "tool_use",
      ),
    );
    expect(folded).toEqual({
      text: "One, two.",
      reasoning: "Hm.",
      blocks: [
        { kind: "signed", text: "Hm.", signature: "s" },
        { kind: "redacted", data: "eA==" },
      ],
      refusal: "",
      calls: [
        { id: "a", name: "look", args: '{"q":"é"}' },
        { id: "b", name: "find", args: "{}" },
      ],
      usage: { promptTokens: 10, completionTokens: 7 },
      finish: "tool_calls",
    });
  });

  it("applies stop sequences and the answer tool as a stream does", () => {
    expect(readBody(body([{ text: "One END two" }]), stopping)).toMatchObject({
      text: "One ",
      finish: "stop",
    });
    const answer = { toolUse: { toolUseId: "a", name: "router_json_answer", input: { a: 1 } } };
    expect(readBody(body([{ text: "So:" }, answer], "tool_use"), byTool)).toMatchObject({
      text: '{"a":1}',
      finish: "stop",
    });
  });

  it("says so where a guardrail stepped in", () => {
    expect(readBody(body([{ text: "Blocked." }], "guardrail_intervened"))).toMatchObject({
      text: "Blocked.",
      finish: "content_filter",
    });
  });

  it.each([
    [null],
    ["text"],
    [{}],
    [{ output: { message: { content: [] } } }],
    [{ stopReason: "end_turn" }],
    [{ output: {}, stopReason: "end_turn" }],
  ])("is an error where it is not finished: %j", (value) => {
    expect(readBody(value)).toMatchObject({ text: "", error: { code: "upstream_error" } });
  });
});

describe("any payload", () => {
  it("never makes the decoder throw, nor gives anything after the end but one bill", () => {
    const name = fc.constantFrom(
      ...["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop"],
      ...["metadata", "chunk"],
    );
    const inner = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          text: fc.jsonValue(),
          toolUse: fc.oneof(fc.jsonValue(), fc.record({ toolUseId: fc.jsonValue(), input: fc.jsonValue() })),
          reasoningContent: fc.record({ text: fc.jsonValue(), signature: fc.jsonValue() }),
        },
        { requiredKeys: [] },
      ),
    );
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          contentBlockIndex: fc.nat(2),
          start: inner,
          delta: inner,
          stopReason: fc.jsonValue(),
          usage: inner,
        },
        { requiredKeys: [] },
      ),
    );
    const events = fc.array(fc.record({ event: name, payload }), { maxLength: 12 });
    fc.assert(
      fc.property(events, (list) => {
        for (const encoded of [plain, byTool, stopping]) fold(stream(list, encoded));
        fold(plain.whole(list[0]?.payload, new Headers()));
      }),
      { numRuns: 300 },
    );
  });
});

interface Case {
  readonly expected: {
    readonly text: string;
    readonly reasoning?: string;
    readonly tool_calls: readonly { id: string; name: string; arguments_text: string }[];
    readonly finish_reason: string;
    readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
    readonly complete: boolean;
  };
}

const recorded = cases.map(({ name, json, jsonl = "" }) => {
  const events = jsonl.split("\n").flatMap((line): FamilyMessage[] => {
    if (line === "") return [];
    const { event_type, payload } = JSON.parse(line) as { event_type: string; payload: unknown };
    return [{ event: event_type, payload }];
  });
  return { name, events, expected: (json as Case).expected };
});

describe.skipIf(recorded.length === 0)("recorded streams", () => {
  it("are all here", () => {
    expect(recorded.length).toBe(12);
  });

  it.each(recorded)("$name", ({ expected, events }) => {
    const folded = read(events);
    expect(folded.text).toBe(expected.text);
    expect(folded.reasoning).toBe(expected.reasoning ?? "");
    expect(folded.calls).toEqual(
      expected.tool_calls.map(({ id, name, arguments_text }) => ({ id, name, args: arguments_text })),
    );
    expect(folded.finish).toBe(expected.finish_reason);
    expect(folded.usage).toMatchObject({
      promptTokens: expected.usage.prompt_tokens,
      completionTokens: expected.usage.completion_tokens,
    });
  });

  it("report what was written to a cache", () => {
    const written = recorded.find(({ name }) => name === "claude-cache-write");
    expect(read(written?.events ?? []).usage?.cacheWriteTokens).toBe(1028);
  });

  it("give the signed reasoning back as it came", () => {
    const thinking = recorded.find(({ name }) => name === "claude-thinking");
    const [block] = read(thinking?.events ?? []).blocks;
    expect(block).toMatchObject({
      kind: "signed",
      text: thinking?.expected.reasoning,
      signature: expect.stringMatching(/^Eu0C.{200}/),
    });
  });
});
