/** Llama's answers. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { llama } from "../../../../src/families/prompt/llama.ts";
import { NOTHING } from "../../../support/deltas.ts";
import { familyTools, says } from "../../../support/families.ts";
import { expectVector, streamVectors } from "../../../support/stream-vectors.ts";

const { encode, read, readBody } = familyTools(llama);

const LLAMA_3 = "meta.llama3-8b-instruct-v1:0";

describe("answers", () => {
  const plain = encode(LLAMA_3, {});
  const stopping = encode(LLAMA_3, { stop: ["END", "\n\nUser:"] });
  const chunk = (generation: string, stop_reason: string | null = null, more = {}) => ({
    generation,
    prompt_token_count: null,
    generation_token_count: 3,
    stop_reason,
    ...more,
  });
  const first = (generation: string) => chunk(generation, null, { prompt_token_count: 10 });

  it("give text, usage and finish", () => {
    expect(
      read([first("Hel"), chunk("lo", null), chunk("", "stop", { generation_token_count: 9 })], plain),
    ).toEqual({
      ...NOTHING,
      text: "Hello",
      usage: { promptTokens: 10, completionTokens: 9 },
      finish: "stop",
    });
  });

  it("lose the line breaks at their head, once, and nothing else", () => {
    expect(read([first("\n"), chunk("\n"), chunk(" Hi\n\n"), chunk("\nBye", "stop")], plain).text).toBe(
      " Hi\n\n\nBye",
    );
    const open = encode(LLAMA_3, { messages: [says("user", "x"), says("assistant", "List:")] });
    expect(read([first("\n- a"), chunk("", "stop")], open).text).toBe("\n- a");
  });

  it("are cut at a stop sequence that spans chunks", () => {
    const payloads = [first("one E"), chunk("N"), chunk("D two"), chunk(" three", "length")];
    expect(read(payloads, stopping)).toMatchObject({
      text: "one ",
      finish: "stop",
      usage: { completionTokens: 3 },
    });
    expect(read([first("one E"), chunk("N", "length")], stopping)).toMatchObject({
      text: "one EN",
      finish: "length",
    });
    expect(readBody({ ...first("a\n\nUser: b"), stop_reason: "length" }, stopping)).toMatchObject({
      text: "a",
      finish: "stop",
    });
  });

  it("do not finish without a stop reason, stop sequence or not", () => {
    expect(read([first("one END")], stopping)).not.toHaveProperty("finish");
    expect(read([first("one")], plain)).not.toHaveProperty("finish");
  });

  it("take the metrics where the model's counts are missing", () => {
    const metrics = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 5, outputTokenCount: 6 } };
    expect(read([{ generation: "x", stop_reason: "stop", ...metrics }], plain).usage).toEqual({
      promptTokens: 5,
      completionTokens: 6,
    });
    const headers = { "X-Amzn-Bedrock-Input-Token-Count": "7", "X-Amzn-Bedrock-Output-Token-Count": "8" };
    expect(readBody({ generation: "x", stop_reason: "stop" }, plain, headers).usage).toEqual({
      promptTokens: 7,
      completionTokens: 8,
    });
  });

  it("of a whole body are the same", () => {
    expect(
      readBody(
        { generation: "\n\nHi", prompt_token_count: 5, generation_token_count: 2, stop_reason: "length" },
        plain,
      ),
    ).toMatchObject({ text: "Hi", finish: "length", usage: { promptTokens: 5, completionTokens: 2 } });
  });

  it.each([
    [null],
    ["x"],
    [{}],
    [{ generation: "x" }],
    [{ generation: "x", stop_reason: null }],
    [{ outputs: [] }],
  ])("are an error where a body is not finished: %j", (body) => {
    expect(readBody(body, plain).error).toMatchObject({ code: "upstream_error" });
  });

  it("show a guardrail as content_filter, whatever else is in the chunk", () => {
    const acted = { "amazon-bedrock-guardrailAction": "INTERVENED" };
    expect(read([first("Bl"), chunk("ocked.", "stop", acted)], plain)).toMatchObject({
      text: "Blocked.",
      finish: "content_filter",
    });
    const bare = { generation: "Blocked.", ...acted, "amazon-bedrock-trace": {} };
    expect(read([bare], plain)).toMatchObject({ text: "Blocked.", finish: "content_filter" });
    expect(readBody({ generation: "Blocked.", ...acted }, stopping)).toMatchObject({
      text: "Blocked.",
      finish: "content_filter",
    });
  });

  it("never make the decoder throw, and end once", () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom("stop", "\n", 3, null));
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(
        { generation: member, stop_reason: member, prompt_token_count: member },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), (payloads) => {
        for (const encoded of [plain, stopping]) {
          read(payloads, encoded);
          readBody(payloads[0], encoded);
        }
      }),
    );
  });

  it("are the same for any division of the text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("\n", "E", "N", "D", " x", "EN", "DE", ""), { maxLength: 10 }),
        (pieces) => {
          const whole = { ...first(pieces.join("")), stop_reason: "stop" };
          const streamed = [first(""), ...pieces.map((piece) => chunk(piece)), chunk("", "stop")];
          expect(read(streamed, stopping)).toEqual(readBody(whole, stopping));
        },
      ),
    );
  });
});

const vectors = streamVectors(/^(?:us\.)?meta\.llama/);
describe.skipIf(vectors.length === 0)("recorded and documented streams", () => {
  it("are all here", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(5);
  });
  it.each(vectors)("$name", (vector) => {
    expectVector(read(vector.payloads, encode(vector.modelId)), vector);
  });
});
