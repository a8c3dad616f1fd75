/** The answers of Command R and the legacy Command models, as deltas. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FamilyCall } from "../../../../src/families/family.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { result, says, tool, user } from "../../../support/claude-requests.ts";
import { encode, talk } from "../../../support/cohere-requests.ts";
import { type Folded, fold } from "../../../support/deltas.ts";
import { expectVector, streamVectors } from "../../../support/stream-vectors.ts";

const plain = encode({});
const withTools = encode({ tools: [tool("get-weather")] });

function stream(payloads: readonly unknown[], encoded = plain): Delta[] {
  const decode = encoded.stream();
  return payloads.flatMap((payload) => decode({ event: "chunk", payload }));
}
const read = (payloads: readonly unknown[], encoded?: FamilyCall): Folded => fold(stream(payloads, encoded));

const said = (text: string) => ({ is_finished: false, event_type: "text-generation", text });
const calls = (...tool_calls: JsonObject[]) => ({
  is_finished: false,
  event_type: "tool-calls-generation",
  tool_calls,
});
const end = (response: JsonObject = {}, finish_reason = "COMPLETE", more: JsonObject = {}) => ({
  ...{ is_finished: true, event_type: "stream-end", finish_reason, response },
  ...more,
});
const METRICS = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 5, outputTokenCount: 3 } };

describe("a stream of Command R", () => {
  it("gives its text once, though the end repeats it", () => {
    const start = { is_finished: false, event_type: "stream-start", generation_id: "g" };
    expect(stream([start, said("Hel"), said("lo"), end({ text: "Hello" }, "COMPLETE", METRICS)])).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
      { type: "usage", usage: { promptTokens: 5, completionTokens: 3 } },
      { type: "finish", reason: "stop", native: "COMPLETE" },
    ]);
  });

  it("gives what only the end has", () => {
    expect(read([said("Hel"), end({ text: "Hello" })]).text).toBe("Hello");
    const call = { name: "look", parameters: {} };
    expect(read([end({ tool_calls: [call] })])).toMatchObject({
      calls: [{ args: "{}" }],
      finish: "tool_calls",
    });
  });

  it("gives each call once, under the client's names, with an id that its result finds", () => {
    const call = { name: "get_x2d_weather", parameters: { a_x2d_b: "Oslo" } };
    const chunk = { event_type: "tool-calls-chunk", text: "I look.", tool_call_delta: { name: "get" } };
    const folded = read(
      [chunk, calls(call, call), end({ text: "I look.", tool_calls: [call, call] })],
      withTools,
    );
    expect(folded).toMatchObject({ text: "I look.", finish: "tool_calls" });
    const [first, second] = folded.calls;
    expect(folded.calls).toHaveLength(2);
    expect(first).toMatchObject({ name: "get-weather", args: '{"a-b":"Oslo"}' });
    expect(first?.id).not.toBe(second?.id);
    const again = talk(
      [
        user("Weather?"),
        says(null, ...folded.calls.map(({ id, args, name }): [string, string, string] => [id, args, name])),
        result(second?.id ?? "", "second"),
        result(first?.id ?? "", "first"),
      ],
      { tools: [tool("get-weather")] },
    );
    expect(again.tool_results).toEqual([
      { call, outputs: [{ text: "first" }] },
      { call, outputs: [{ text: "second" }] },
    ]);
  });

  it("gives other ids in another turn, and the same whenever it is decoded", () => {
    const id = (encoded: FamilyCall) => read([calls({ name: "look" }), end()], encoded).calls[0]?.id;
    expect(id(plain)).toBe(id(encode({})));
    expect(id(plain)).not.toBe(id(withTools));
  });

  it.each([
    ["COMPLETE", "stop"],
    ["complete", "stop"],
    ["MAX_TOKENS", "length"],
    ["ERROR_LIMIT", "length"],
    ["ERROR_TOXIC", "content_filter"],
  ])("%s is %s", (reason, finish) => {
    expect(read([said("x"), end({}, reason)]).finish).toBe(finish);
  });

  it("makes ERROR an error, and never ends without the last event", () => {
    expect(read([said("x"), end({}, "ERROR")])).toMatchObject({
      text: "x",
      error: { code: "upstream_error" },
    });
    expect(read([said("x")])).not.toHaveProperty("finish");
  });

  it("reads over what it does not know", () => {
    const odd = [
      { event_type: "citation-generation", text: "no" },
      { event_type: "new" },
      {},
      null,
      "[DONE]",
      7,
    ];
    expect(read([...odd, said("x"), end({ text: "x" })])).toMatchObject({ text: "x", finish: "stop" });
  });
});

describe("legacy Command", () => {
  it("streams plain texts, of which the first generation counts", () => {
    const text = (value: string, index: number) => ({ index, is_finished: false, text: value });
    const last = { finish_reason: "MAX_TOKENS", is_finished: true, ...METRICS };
    expect(read([text(" In", 0), text("no", 1), text(" time", 0), last])).toMatchObject({
      text: " In time",
      finish: "length",
      usage: { promptTokens: 5, completionTokens: 3 },
    });
  });

  it("may answer in one chunk with the body of a whole answer", () => {
    const generations = [{ id: "g", text: " Okay", finish_reason: "COMPLETE" }];
    expect(read([{ id: "x", generations, prompt: "p" }])).toMatchObject({ text: " Okay", finish: "stop" });
  });
});

describe("a whole body", () => {
  const headers = new Headers({
    "x-amzn-bedrock-input-token-count": "9",
    "x-amzn-bedrock-output-token-count": "4",
  });
  const whole = (body: unknown) => fold(plain.whole(body, headers));

  it("gives text, calls, usage and end", () => {
    const tool_calls = [{ name: "look", parameters: { x: 1 } }];
    expect(whole({ response_id: "r", text: "Hm.", finish_reason: "COMPLETE", tool_calls })).toMatchObject({
      text: "Hm.",
      calls: [{ name: "look", args: '{"x":1}' }],
      usage: { promptTokens: 9, completionTokens: 4 },
      finish: "tool_calls",
    });
    expect(whole({ generations: [{ text: "A", finish_reason: "MAX_TOKENS" }] })).toMatchObject({
      text: "A",
      finish: "length",
    });
  });

  it("is complete without a reason only where a guardrail wrote it", () => {
    expect(whole({ text: "Blocked" }).error?.code).toBe("upstream_error");
    expect(whole({ text: "Blocked", "amazon-bedrock-guardrailAction": "INTERVENED" })).toMatchObject({
      text: "Blocked",
      finish: "content_filter",
    });
  });

  it.each([undefined, null, [], {}, { generations: [] }])("refuses %j", (body) => {
    expect(whole(body).error?.code).toBe("upstream_error");
  });
});

it("never throws, whatever arrives", () => {
  const event_type = fc.constantFrom(
    ...["stream-start", "text-generation", "tool-calls-chunk", "tool-calls-generation", "stream-end"],
  );
  const payload = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        event_type,
        text: fc.jsonValue(),
        is_finished: fc.boolean(),
        finish_reason: fc.oneof(fc.jsonValue(), fc.constantFrom("COMPLETE", "ERROR")),
        tool_calls: fc.oneof(
          fc.jsonValue(),
          fc.array(fc.record({ name: fc.jsonValue(), parameters: fc.jsonValue() })),
        ),
        response: fc.jsonValue(),
        generations: fc.jsonValue(),
        index: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), (payloads) => {
      read(payloads);
      fold(plain.whole(payloads[0], new Headers()));
    }),
    { numRuns: 300 },
  );
});

const vectors = streamVectors(/^cohere\./);

describe.skipIf(vectors.length === 0)("recorded streams", () => {
  it("are all here", () => {
    expect(vectors).toHaveLength(4);
  });

  it.each(vectors)("$name", (vector) => {
    expectVector(read(vector.payloads), vector);
  });
});
