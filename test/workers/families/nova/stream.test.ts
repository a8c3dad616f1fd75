/** Nova's answers as deltas: every event, recorded streams, whole bodies and payloads of any shape. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FamilyCall } from "../../../../src/families/family.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { nova } from "../../../../src/families/nova/index.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { tool } from "../../../support/claude-requests.ts";
import { type Folded, fold } from "../../../support/deltas.ts";
import { expectVector, streamVectors } from "../../../support/stream-vectors.ts";

const target = bedrockTarget("amazon.nova-pro-v1:0");
const request = (body: JsonObject): FamilyCall => nova.encode(chat(body), target);
const plain = request({});
const withTools = request({ tools: [tool("look"), tool("get-weather")] });
const schema = { type: "object", properties: { a: {} } };
const byTool = request({
  tools: [tool("look")],
  response_format: { type: "json_schema", json_schema: { name: "x", schema } },
});

const START = { messageStart: { role: "assistant" } };
const piece = (delta: JsonObject, contentBlockIndex: number) => ({
  contentBlockDelta: { delta, contentBlockIndex },
});
const close = (contentBlockIndex: number) => ({ contentBlockStop: { contentBlockIndex } });
/** Every token is a block of its own. */
const text = (...tokens: string[]) => tokens.flatMap((token, at) => [piece({ text: token }, at), close(at)]);
const call = (index: number, toolUseId: string, name: string, ...inputs: string[]) => [
  { contentBlockStart: { start: { toolUse: { toolUseId, name } }, contentBlockIndex: index } },
  ...inputs.map((input) => piece({ toolUse: { input } }, index)),
  close(index),
];
const stop = (stopReason: string) => ({ messageStop: { stopReason } });
const bill = (usage: JsonObject = { inputTokens: 10, outputTokens: 7 }) => ({
  metadata: { usage, metrics: {}, trace: {} },
});

function stream(payloads: readonly unknown[], encoded: FamilyCall = plain): Delta[] {
  const decode = encoded.stream();
  return payloads.flatMap((payload) => decode({ event: "chunk", payload }));
}
const read = (payloads: readonly unknown[], encoded?: FamilyCall): Folded => fold(stream(payloads, encoded));

describe("a stream", () => {
  it("gives text token by token, then the end, then the usage that comes behind it", () => {
    const decode = plain.stream();
    const payloads = [START, ...text("Hel", "lo"), stop("end_turn"), bill()];
    expect(payloads.map((payload) => decode({ event: "chunk", payload }))).toEqual([
      [],
      [{ type: "text", text: "Hel" }],
      [],
      [{ type: "text", text: "lo" }],
      [],
      [{ type: "finish", reason: "stop", native: "end_turn" }],
      [{ type: "usage", usage: { promptTokens: 10, completionTokens: 7 } }],
    ]);
  });

  it("counts tool calls from 0 whatever their block index, and keeps ids, names and text", () => {
    const calls = [...call(22, "t1", "look", "", '{"x"', ":1}"), ...call(24, "t2", "look", "{}")];
    const folded = read([START, ...text("Look", "ing."), ...calls, stop("tool_use"), bill()], withTools);
    expect(folded).toMatchObject({ text: "Looking.", finish: "tool_calls" });
    expect(folded.calls).toEqual([
      { id: "t1", name: "look", args: '{"x":1}' },
      { id: "t2", name: "look", args: "{}" },
    ]);
  });

  it("gives {} for a call without arguments, also for one left open", () => {
    const [open] = call(0, "t1", "look");
    expect(read([START, open, stop("tool_use")], withTools).calls[0]?.args).toBe("{}");
    expect(read([START, ...call(0, "t1", "look", "")], withTools).calls[0]?.args).toBe("{}");
  });

  it("gives tools back under the client's names", () => {
    expect(read([...call(0, "t1", "get_x2d_weather", "{}")], withTools).calls[0]?.name).toBe("get-weather");
  });

  it("takes the plan in <thinking> tags for reasoning where there are tools", () => {
    const plan = text("<thinking", "> Hm, ", "yes.</think", "ing>\n");
    const folded = read([START, ...plan, ...call(9, "t1", "look", "{}"), stop("tool_use")], withTools);
    expect(folded).toMatchObject({ text: "", reasoning: " Hm, yes.", finish: "tool_calls" });
    expect(read([START, ...plan, ...text("\nNo."), stop("end_turn")], withTools)).toMatchObject({
      text: "No.",
      reasoning: " Hm, yes.",
    });
  });

  it("leaves such tags alone without tools, and behind the first visible text", () => {
    const tagged = "<thinking>a</thinking>b";
    expect(read([...text(tagged), stop("end_turn")])).toMatchObject({ text: tagged, reasoning: "" });
    expect(read([...text("See ", tagged), stop("end_turn")], withTools).text).toBe(`See ${tagged}`);
  });

  it("ends although a <thinking> tag was never closed", () => {
    expect(read([START, ...text("<thinking> Hm"), stop("max_tokens"), bill()], withTools)).toMatchObject({
      ...{ text: "", reasoning: " Hm", finish: "length", usage: { promptTokens: 10 } },
    });
  });

  it("shows Nova 2's own reasoning as reasoning", () => {
    const folded = read([
      START,
      piece({ reasoningContent: { text: "Hm" } }, 0),
      piece({ reasoningContent: { reasoningText: { text: "[REDACTED]" } } }, 0),
      close(0),
      ...text("Yes."),
      stop("end_turn"),
    ]);
    expect(folded).toMatchObject({ reasoning: "Hm[REDACTED]", text: "Yes.", finish: "stop" });
  });

  it("cuts off the stop sequence that Nova leaves in its text", () => {
    const encoded = request({ stop: ["\nEND", "|"] });
    expect(read([...text("one\n", "EN", "D"), stop("stop_sequence")], encoded)).toMatchObject({
      text: "one",
      finish: "stop",
    });
    expect(read([...text("one\nEN"), stop("end_turn")], encoded).text).toBe("one\nEN");
    expect(read([...text("a|b"), stop("max_tokens")], encoded)).toMatchObject({ text: "a", finish: "stop" });
  });

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["content_filtered", "content_filter"],
    ["guardrail_intervened", "content_filter"],
    ["something new", "stop"],
  ])("stopReason %s is %s", (reason, finish) => {
    expect(read([START, ...text("x"), stop(reason)]).finish).toBe(finish);
  });

  it("makes a broken tool call an error, behind which nothing comes", () => {
    const folded = read([START, ...text("x"), stop("malformed_tool_use"), bill()]);
    expect(folded).toMatchObject({ text: "x", error: { code: "upstream_error" } });
    expect(folded).not.toHaveProperty("finish");
  });

  it("counts what the cache took part in, under either spelling", () => {
    const counts = { inputTokens: 4, outputTokens: 2 };
    const invoke = { cacheReadInputTokenCount: 100, cacheWriteInputTokenCount: 20 };
    const converse = { cacheReadInputTokens: 100, cacheWriteInputTokens: 20 };
    for (const cache of [invoke, converse]) {
      expect(read([stop("end_turn"), bill({ ...counts, ...cache })]).usage).toEqual({
        promptTokens: 124,
        completionTokens: 2,
        cachedTokens: 100,
        cacheWriteTokens: 20,
      });
    }
  });

  it("falls back to Bedrock's metrics, and prefers the model's own counts", () => {
    const metrics = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 5, outputTokenCount: 3 } };
    expect(read([{ ...stop("end_turn"), ...metrics }]).usage).toEqual({
      promptTokens: 5,
      completionTokens: 3,
    });
    expect(read([stop("end_turn"), { ...bill(), ...metrics }]).usage?.promptTokens).toBe(10);
  });

  it("says content_filter when a guardrail intervened anywhere before the end", () => {
    const marked = { ...piece({ text: "x" }, 0), "amazon-bedrock-guardrailAction": "INTERVENED" };
    expect(read([marked, stop("end_turn")]).finish).toBe("content_filter");
  });

  it("never finishes without messageStop", () => {
    expect(read([START, ...text("x"), bill()])).not.toHaveProperty("finish");
  });
});

describe("an answer that is a tool's input", () => {
  it("is the text, and text besides it goes", () => {
    const folded = read(
      [START, ...text("Sure."), ...call(3, "t1", "router_json_answer", '{"a"', ":1}"), stop("tool_use")],
      byTool,
    );
    expect(folded).toMatchObject({ text: '{"a":1}', calls: [], finish: "stop" });
  });

  it("leaves text where the model did not answer by tool, and calls of the client's tools", () => {
    expect(read([...text("Sure."), stop("end_turn")], byTool).text).toBe("Sure.");
    expect(read([...text("Sure."), ...call(1, "t", "look", "{}"), stop("tool_use")], byTool)).toMatchObject({
      text: "Sure.",
      calls: [{ id: "t", name: "look", args: "{}" }],
      finish: "tool_calls",
    });
  });

  it("is given once", () => {
    const twice = [...call(1, "t", "router_json_answer", "{}"), ...call(2, "u", "router_json_answer", "{}")];
    expect(read([...twice, stop("tool_use")], byTool).text).toBe("{}");
  });
});

describe("a whole body", () => {
  const body = {
    output: {
      message: {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "[REDACTED]" } } },
          { text: "<thinking> Hm.</thinking>\n" },
          { toolUse: { name: "look", toolUseId: "a385", input: { location: "Seattle" } } },
        ],
      },
    },
    stopReason: "tool_use",
    usage: { inputTokens: 427, outputTokens: 162, totalTokens: 589, cacheReadInputTokenCount: 0 },
  };
  const whole = (value: unknown, headers = new Headers(), encoded = withTools): Delta[] =>
    encoded.whole(value, headers);

  it("gives the deltas of the stream it would have been, usage before the end", () => {
    const deltas = whole(body);
    expect(fold(deltas)).toMatchObject({
      text: "",
      reasoning: "[REDACTED] Hm.",
      calls: [{ id: "a385", name: "look", args: '{"location":"Seattle"}' }],
      usage: { promptTokens: 427, completionTokens: 162 },
      finish: "tool_calls",
    });
    expect(deltas.at(-1)?.type).toBe("finish");
  });

  it("joins text blocks without anything between them", () => {
    const content = [{ text: "a" }, { text: "b" }];
    expect(fold(whole({ ...body, output: { message: { content } } })).text).toBe("ab");
  });

  it("takes counts from the headers where the body has none", () => {
    const headers = new Headers({
      "x-amzn-bedrock-input-token-count": "9",
      "x-amzn-bedrock-output-token-count": "4",
    });
    const { usage: _usage, ...bare } = body;
    expect(fold(whole(bare, headers)).usage).toEqual({ promptTokens: 9, completionTokens: 4 });
  });

  it("is complete without a stop reason only where a guardrail wrote it", () => {
    const { stopReason: _reason, ...open } = body;
    expect(fold(whole(open)).error?.code).toBe("upstream_error");
    const blocked = { ...open, "amazon-bedrock-guardrailAction": "INTERVENED" };
    expect(fold(whole(blocked)).finish).toBe("content_filter");
  });

  it.each([undefined, null, [], {}, { output: { message: {} }, stopReason: "end_turn" }])(
    "refuses %j",
    (v) => {
      expect(fold(whole(v)).error?.code).toBe("upstream_error");
    },
  );
});

describe("any payload", () => {
  it("never makes the decoder throw, nor gives text after the end", () => {
    const toolUse = fc.record({ toolUseId: fc.jsonValue(), name: fc.jsonValue(), input: fc.jsonValue() });
    const delta = fc.oneof(
      fc.jsonValue(),
      fc.record({ text: fc.jsonValue(), toolUse, reasoningContent: fc.jsonValue() }, { requiredKeys: [] }),
    );
    const index = fc.nat(2);
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          messageStart: fc.jsonValue(),
          contentBlockStart: fc.record({ start: fc.record({ toolUse }), contentBlockIndex: index }),
          contentBlockDelta: fc.record({ delta, contentBlockIndex: index }),
          contentBlockStop: fc.record({ contentBlockIndex: index }),
          messageStop: fc.record({ stopReason: fc.oneof(fc.jsonValue(), fc.constant("malformed_tool_use")) }),
          metadata: fc.jsonValue(),
          "amazon-bedrock-invocationMetrics": fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), (payloads) => {
        for (const encoded of [plain, withTools, byTool]) read(payloads, encoded);
        fold(plain.whole(payloads[0], new Headers()));
      }),
      { numRuns: 300 },
    );
  });
});

const vectors = streamVectors(/^amazon\.nova/);

describe.skipIf(vectors.length === 0)("recorded streams", () => {
  it("are all here", () => {
    expect(vectors).toHaveLength(8);
  });

  it.each(vectors)("$name", (vector) => {
    expectVector(read(vector.payloads), vector);
  });

  it("tell the plan from the answer where the request had tools", () => {
    const vector = vectors.find(({ name }) => name === "nova-tool-use-two-calls");
    const encoded = request({ tools: [tool("get_current_weather")] });
    const folded = read(vector?.payloads ?? [], encoded);
    if (vector) expectVector(folded, vector);
    expect([folded.text, folded.reasoning.slice(0, 9)]).toEqual(["", " The User"]);
  });
});
