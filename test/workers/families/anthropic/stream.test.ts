/** Claude's streams as deltas: every event, recorded streams, and payloads of any shape. */

import cases from "virtual:vectors/streams";
import * as fc from "fast-check";
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
import { fold, NOTHING } from "../../../support/deltas.ts";

describe("a stream", () => {
  it("gives text, usage and finish, in this order and each at its time", () => {
    const decode = plain.stream();
    const deltas = [start(), ...textBlock(0, "Hel", "lo"), stop("end_turn"), END].map((payload) =>
      decode({ event: "chunk", payload }),
    );
    expect(deltas).toEqual([
      [{ type: "usage", usage: { promptTokens: 10, completionTokens: 1 } }],
      [],
      [{ type: "text", text: "Hel" }],
      [{ type: "text", text: "lo" }],
      [],
      [],
      [
        { type: "usage", usage: { promptTokens: 10, completionTokens: 7 } },
        { type: "finish", reason: "stop", native: "end_turn" },
      ],
    ]);
  });

  it("keeps all text around tool calls, and counts calls from 0 whatever their block index", () => {
    const folded = read([
      start(),
      ...textBlock(0, "First. "),
      ...textBlock(1, "Second."),
      ...toolBlock(2, "a", "", '{"x"', ":1}"),
      ...toolBlock(5, "b", '{"y":2}'),
      stop("tool_use"),
      END,
    ]);
    expect(folded).toMatchObject({ text: "First. Second.", finish: "tool_calls" });
    expect(folded.calls).toEqual([
      { id: "a", name: "look", args: '{"x":1}' },
      { id: "b", name: "look", args: '{"y":2}' },
    ]);
  });

  it("starts at index 0 when a call comes first", () => {
    expect(stream([start(), ...toolBlock(0, "a", "{}")])[1]).toEqual({
      type: "tool_start",
      index: 0,
      id: "a",
      name: "look",
    });
  });

  it("gives {} for a call without arguments, and the input that came with the start", () => {
    const early = open(1, { type: "tool_use", id: "b", name: "look", input: { q: "é" } });
    const folded = read([start(), ...toolBlock(0, "a", ""), early, close(1), stop("tool_use"), END]);
    expect(folded.calls.map(({ args }) => args)).toEqual(["{}", '{"q":"é"}']);
  });

  it("prefers streamed arguments to an input in the start, and closes what was left open", () => {
    const early = open(0, { type: "tool_use", id: "a", name: "look", input: { old: 1 } });
    const folded = read([early, delta(0, { type: "input_json_delta", partial_json: '{"new":1}' }), close(0)]);
    expect(folded.calls[0]?.args).toBe('{"new":1}');
    expect(
      read([open(0, { type: "tool_use", id: "a", name: "look" }), stop("tool_use"), END]).calls[0]?.args,
    ).toBe("{}");
  });

  it("keeps thinking out of the text and hands on signed blocks", () => {
    const folded = read([
      start(),
      open(0, { type: "redacted_thinking", data: "xyz" }),
      close(0),
      open(1, { type: "thinking", thinking: "", signature: "" }),
      delta(1, { type: "thinking_delta", thinking: "Hm, " }),
      delta(1, { type: "thinking_delta", thinking: "yes." }),
      delta(1, { type: "signature_delta", signature: "sig" }),
      close(1),
      ...textBlock(2, "Yes."),
      stop("end_turn"),
      END,
    ]);
    expect(folded).toMatchObject({ text: "Yes.", reasoning: "Hm, yes.", finish: "stop" });
    expect(folded.blocks).toEqual([
      { kind: "redacted", data: "xyz" },
      { kind: "signed", text: "Hm, yes.", signature: "sig" },
    ]);
  });

  it("hands on no thinking that Claude did not sign", () => {
    const unsigned = [open(0, { type: "thinking", thinking: "x" }), close(0)];
    expect(read(unsigned)).toMatchObject({ reasoning: "x", blocks: [] });
  });

  it("emits text of a block's start and of a block whose start is missing", () => {
    expect(
      read([open(0, { type: "text", text: "A" }), delta(0, { type: "text_delta", text: "B" })]).text,
    ).toBe("AB");
    expect(read([delta(3, { type: "text_delta", text: "C" })]).text).toBe("C");
    expect(read([delta(3, { type: "thinking_delta", thinking: "D" })])).toMatchObject({
      text: "",
      reasoning: "D",
    });
  });

  it("ignores what it does not know", () => {
    const odd = [
      { type: "ping" },
      { type: "future_event" },
      {},
      null,
      "[DONE]",
      7,
      [],
      open(8, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      delta(8, { type: "input_json_delta", partial_json: "{}" }),
      close(8),
      delta(9, { type: "future_delta", text: "no" }),
      { type: "content_block_delta", index: 0 },
      { type: "content_block_start", index: 0, content_block: null },
      { type: "message_delta" },
      { type: "message_start" },
      close(42),
    ];
    expect(read([start(), ...odd, ...textBlock(0, "A"), stop("end_turn"), END])).toEqual({
      ...NOTHING,
      text: "A",
      usage: { promptTokens: 10, completionTokens: 7 },
      finish: "stop",
    });
  });

  it("ignores messages that are not chunks, and what comes after the end", () => {
    const decode = plain.stream();
    expect(decode({ event: "metadata", payload: delta(0, { type: "text_delta", text: "x" }) })).toEqual([]);
    expect(read([start(), stop("end_turn"), END, ...textBlock(1, "late"), END]).text).toBe("");
  });

  it("never finishes without message_stop", () => {
    expect(read([start(), ...textBlock(0, "A"), stop("end_turn")])).not.toHaveProperty("finish");
    expect(read([start(), ...textBlock(0, "A"), END]).finish).toBe("stop");
  });

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["pause_turn", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "content_filter"],
    ["guardrail_intervened", "content_filter"],
    ["something new", "stop"],
  ])("stop_reason %s is %s", (reason, expected) => {
    expect(read([start(), ...textBlock(0, "A"), stop(reason), END]).finish).toBe(expected);
  });

  it("says length for a call that was cut, and tool_calls for any other", () => {
    expect(read([start(), ...toolBlock(0, "a", '{"x'), stop("max_tokens"), END]).finish).toBe("length");
    expect(read([start(), ...toolBlock(0, "a", "{}"), stop("end_turn"), END]).finish).toBe("tool_calls");
  });

  it("explains a refusal", () => {
    const details = { stop_details: { type: "refusal", explanation: "Not this." } };
    expect(read([start(), stop("refusal", details), END])).toMatchObject({
      refusal: "Not this.",
      finish: "content_filter",
    });
    expect(read([start(), stop("refusal"), END])).toMatchObject({ refusal: "", finish: "content_filter" });
  });

  it("sees a guardrail in any chunk, with floats for integers", () => {
    const blocked = {
      ...delta(0.0, { type: "text_delta", text: "Blocked." }),
      "amazon-bedrock-guardrailAction": "INTERVENED",
    };
    const folded = read([start(), blocked, stop("end_turn", {}, { output_tokens: 7.4 }), END]);
    expect(folded).toMatchObject({
      text: "Blocked.",
      finish: "content_filter",
      usage: { completionTokens: 7 },
    });
    expect(read([start(), { ...END, "amazon-bedrock-guardrailAction": "NONE" }]).finish).toBe("stop");
  });
});

describe("a second message inside of the first", () => {
  it("is an error, not its continuation; the same one told again is none", () => {
    const again = { ...start(), message: { ...start().message, id: "msg_2" } };
    const deltas = stream([
      start(),
      ...textBlock(0, "a"),
      again,
      ...textBlock(0, "b"),
      stop("end_turn"),
      END,
    ]);
    expect(deltas.at(-1)).toMatchObject({ type: "error", error: { code: "upstream_stream_invalid" } });
    expect(JSON.stringify(deltas)).not.toContain('"b"');
    expect(read([start(), start(), ...textBlock(0, "a"), stop("end_turn"), END]).text).toBe("a");
  });
});

describe("any payload", () => {
  it("never makes the decoder throw, nor gives anything after the end", () => {
    const type = fc.constantFrom(
      ...["message_start", "content_block_start", "content_block_delta", "content_block_stop"],
      ...["message_delta", "message_stop", "error", "ping"],
    );
    const blockType = fc.constantFrom(
      "text",
      "thinking",
      "redacted_thinking",
      "tool_use",
      "text_delta",
      "input_json_delta",
    );
    const inner = fc.oneof(
      fc.jsonValue(),
      fc.record({ type: blockType, text: fc.jsonValue(), input: fc.jsonValue() }),
    );
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          type,
          index: fc.nat(2),
          message: inner,
          content_block: inner,
          delta: inner,
          usage: inner,
          error: inner,
        },
        { requiredKeys: ["type"] },
      ),
    );
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), (payloads) => {
        for (const encoded of [plain, byTool]) read(payloads, encoded);
        fold(plain.whole(payloads[0], new Headers()));
      }),
      { numRuns: 300 },
    );
  });
});

interface Expected {
  text: string;
  reasoning?: string;
  tool_calls: { id: string; name: string; arguments_text: string; incomplete?: boolean }[];
  finish_reason: string | null;
  usage: WireUsage | null;
  error?: { kind: string; type: string };
  complete: boolean | null;
}
interface WireUsage {
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens?: number;
}
interface Case {
  family: string;
  expected: Expected;
  also_acceptable?: { usage?: WireUsage[] };
}

const claude = cases.flatMap(({ name, json, jsonl = "" }) => {
  const { family, expected, also_acceptable } = json as Case;
  if (!family.startsWith("anthropic")) return [];
  const payloads = jsonl.split("\n").flatMap((line): unknown[] => (line === "" ? [] : [JSON.parse(line)]));
  return [{ name, expected, usages: [expected.usage, ...(also_acceptable?.usage ?? [])], payloads }];
});

describe.skipIf(claude.length === 0)("recorded and documented streams", () => {
  it("are all here", () => {
    expect(claude.length).toBe(26);
  });

  it.each(claude)("$name", ({ expected, usages, payloads }) => {
    const folded = read(payloads);
    expect(folded.text).toBe(expected.text);
    expect(folded.reasoning).toBe(expected.reasoning ?? "");
    expect(folded.calls).toEqual(
      expected.tool_calls.map(({ id, name, arguments_text }) => ({ id, name, args: arguments_text || "{}" })),
    );
    expect(folded.finish ?? null).toBe(expected.finish_reason);
    const { usage } = folded;
    const counted = usage && {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      ...(usage.cachedTokens !== undefined && { cached_tokens: usage.cachedTokens }),
    };
    // Of an answer that was cut short, its start tells the prompt's count.
    expect(usages).toContainEqual(folded.finish === undefined ? expected.usage : (counted ?? null));
    expect(folded.finish !== undefined).toBe(expected.complete ?? true);
    // Exceptions travel in frames of their own, which are the provider's; a chunk's error is the family's.
    expect(folded.error !== undefined).toBe(expected.error?.kind === "in_band");
  });
});
