/** How pieces of an answer become deltas, whichever family reads them. */
import { describe, expect, it } from "vitest";
import type { Delta } from "../../../../src/chat/delta.ts";
import { type AnswerShape, type AnswerWriter, answerWriter } from "../../../../src/families/answer/writer.ts";
import { fold, NOTHING } from "../../../support/deltas.ts";

/** What a writer gives for what is written. */
function written(shape: AnswerShape, write: (writer: AnswerWriter) => void, reason = "end_turn") {
  const out: Delta[] = [];
  const writer = answerWriter(shape, out);
  write(writer);
  writer.close();
  out.push(writer.finish(reason, { guardrailIntervened: false }));
  return fold(out);
}

describe("stop sequences", () => {
  const STOPS = { stops: ["END"] };

  it("end text and calls, and count as the model's own end", () => {
    const folded = written(
      STOPS,
      (writer) => {
        writer.write("one E");
        writer.write("ND two");
        writer.reason("hm");
        writer.openCall("a", "look").push("{}");
      },
      "max_tokens",
    );
    expect(folded).toEqual({ ...NOTHING, text: "one ", finish: "stop" });
  });

  it("let out what only looked like one, before a call as well as at the end", () => {
    const folded = written(STOPS, (writer) => {
      writer.write("one E");
      writer.openCall("a", "look").close();
      writer.write("two EN");
    });
    const calls = [{ id: "a", name: "look", args: "{}" }];
    expect(folded).toEqual({ ...NOTHING, text: "one Etwo EN", calls, finish: "tool_calls" });
  });

  it("do not cut an answer that is a tool's arguments, nor count in what was said before it", () => {
    const folded = written({ ...STOPS, answerTool: "answer" }, (writer) => {
      writer.write("I END here");
      writer.openCall("a", "answer").push({ a: "END" });
    });
    expect(folded).toMatchObject({ text: '{"a":"END"}', calls: [], finish: "stop" });
  });
});

describe("the answer tool", () => {
  const SHAPE = { answerTool: "answer" };

  it("speaks alone, and once, also where another tool is called", () => {
    const folded = written(SHAPE, (writer) => {
      writer.write("Here it is:");
      writer.openCall("a", "answer").push('{"a":1}');
      writer.openCall("b", "answer").push('{"a":2}');
      writer.openCall("c", "look").push({});
    });
    const calls = [{ id: "c", name: "look", args: "{}" }];
    expect(folded).toEqual({ ...NOTHING, text: '{"a":1}', calls, finish: "tool_calls" });
  });

  it("leaves the text to itself where it was not called", () => {
    expect(written(SHAPE, (writer) => writer.write("No."))).toMatchObject({ text: "No.", finish: "stop" });
  });
});

it("says nothing after its end", () => {
  const out: Delta[] = [];
  const writer = answerWriter({}, out);
  const call = writer.openCall("", "a_x2d_b");
  writer.refuse("I will ");
  writer.refuse("not.");
  writer.close();
  const said = out.length;
  call.push("{}");
  writer.write("late");
  writer.reason("late");
  writer.keep({ kind: "text", text: "late" });
  writer.openCall("late", "look").close();
  expect(out.slice(said)).toEqual([]);
  expect(fold(out)).toMatchObject({ refusal: "I will not.", calls: [{ id: "call_0", name: "a_x2d_b" }] });
});

it("gives tools their own names again where the model knows them by others", () => {
  const calls = {
    name: (name: string) => (name === "a_b" ? "a-b" : name),
    input: (name: string) => (name === "a_b" ? (text: string) => text.replace("_top", "$top") : undefined),
  };
  const folded = written({ calls }, (writer) => {
    const block = writer.openCall("a", "a_b");
    for (const piece of ['{"_t', 'op":1}']) block.push(piece);
    block.close();
    writer.openCall("b", "c").close();
  });
  expect(folded.calls).toEqual([
    { id: "a", name: "a-b", args: '{"$top":1}' },
    { id: "b", name: "c", args: "{}" },
  ]);
});

it("trims line breaks at the head of the text, and only there", () => {
  const folded = written({ trimsHead: true }, (writer) => {
    for (const piece of ["\n", "\n a", "\nb"]) writer.write(piece);
  });
  expect(folded.text).toBe(" a\nb");
});
