import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { type AnswerShape, chatDecoder } from "../../../support/chat-answers.ts";
import { type Folded, fold } from "../../../support/deltas.ts";

const KIMI: AnswerShape = { reasoningTags: ["reasoning", "think"], reasoningPairs: true, rawToolCalls: true };

const read = (payloads: readonly unknown[], shape?: AnswerShape): Folded => {
  const decode = chatDecoder(shape);
  return fold(payloads.flatMap((payload) => decode({ event: "chunk", payload })));
};
const chunk = (delta: JsonObject) => ({ choices: [{ index: 0, delta }] });
const text = (content: string) => chunk({ content });
const stop = (finish_reason: string) => ({ choices: [{ index: 0, delta: {}, finish_reason }] });

describe("Kimi's tool calls as text", () => {
  const RAW =
    '<|tool_calls_section_begin|> <|tool_call_begin|> functions.get_weather:0 <|tool_call_argument_begin|> {"city": "Oslo"} <|tool_call_end|> <|tool_call_begin|> functions.now:1 <|tool_call_argument_begin|> <|tool_call_end|> <|tool_calls_section_end|>';
  const CALLS = [
    { id: "functions.get_weather:0", name: "get_weather", args: '{"city": "Oslo"}' },
    { id: "functions.now:1", name: "now", args: "{}" },
  ];

  it("are calls, in reasoning and in text", () => {
    const inReasoning = [text(`<reasoning>I look. ${RAW}</reasoning>`), stop("stop")];
    expect(read(inReasoning, KIMI)).toMatchObject({ reasoning: "I look. ", text: "", calls: CALLS });
    const inField = [chunk({ reasoning_content: RAW }), stop("stop")];
    expect(read(inField, KIMI)).toMatchObject({ calls: CALLS, finish: "tool_calls" });
    expect(read([text(`Sure.${RAW} Done.`), stop("stop")], KIMI)).toMatchObject({
      text: "Sure. Done.",
      calls: CALLS,
    });
  });

  it("are the same however they are cut", () => {
    const whole = `Before <|tool ${RAW} after <|`;
    const expected = read([text(whole), stop("stop")], KIMI);
    expect(expected).toMatchObject({ text: "Before <|tool  after <|", calls: CALLS });
    const cuts = fc.array(fc.nat(whole.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, fc.boolean(), (at, paired) => {
        const places = [0, ...at.sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end));
        const payloads = pieces.map((piece) =>
          paired ? text(`<reasoning>${piece}</reasoning>`) : text(piece),
        );
        const folded = read([...payloads, stop("stop")], KIMI);
        expect(folded.calls).toEqual(CALLS);
        expect(paired ? folded.reasoning : folded.text).toBe(expected.text);
      }),
    );
  });

  it("keep their partial arguments where the answer was cut", () => {
    const cut = RAW.slice(0, RAW.indexOf('"Oslo'));
    const folded = read([text(cut), stop("length")], KIMI);
    expect(folded.calls).toEqual([{ id: "functions.get_weather:0", name: "get_weather", args: '{"city":' }]);
    expect(folded.finish).toBe("length");
  });

  it("come out as text where they turn out to be none", () => {
    for (const odd of ["<|tool_call_begin|> functions.f", `<|tool_call_begin|>${"x".repeat(300)} y`]) {
      expect(read([text(odd), stop("stop")], KIMI)).toMatchObject({ text: odd, calls: [] });
    }
  });

  it("may stand without a section, or in one that never closes", () => {
    const bare = '<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a":1}<|tool_call_end|>';
    expect(read([text(`${bare} So.`), stop("stop")], KIMI)).toMatchObject({
      text: " So.",
      calls: [{ id: "functions.f:0", name: "f", args: '{"a":1}' }],
    });
  });

  it("stay text for models that do not write them", () => {
    expect(read([text(RAW), stop("stop")]).text).toBe(RAW);
  });
});
