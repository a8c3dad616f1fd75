/** What text families share: reasoning taken out of text, stop sequences emulated, messages as text turns. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delta } from "../../../src/chat/delta.ts";
import { type ReasoningOptions, reasoningSplitter } from "../../../src/families/answer/reasoning-text.ts";
import { pendingLength, stopMatcher } from "../../../src/families/answer/stop-matcher.ts";
import {
  neutralise,
  plainText,
  refuseTools,
  textConversation,
} from "../../../src/families/request/text-conversation.ts";
import { chat, thrownBy } from "../../support/bedrock.ts";

/** A text cut at some positions. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
}
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe("reasoningSplitter", () => {
  const THINK: ReasoningOptions = { tags: ["think", "reasoning"] };

  function split(texts: readonly string[], options = THINK): { reasoning: string; text: string } {
    const { push, end } = reasoningSplitter(options);
    const deltas: Delta[] = [...texts.flatMap(push), ...end()];
    const joined = { reasoning: "", text: "" };
    for (const delta of deltas) {
      if (delta.type !== "reasoning" && delta.type !== "text") throw new Error(`unexpected ${delta.type}`);
      expect(delta.text).not.toBe("");
      joined[delta.type] += delta.text;
    }
    return joined;
  }

  it.each([
    ["no tag", "Just text.", "", "Just text."],
    ["leading white space without a tag", " \n text", "", " \n text"],
    ["only white space", " \n", "", " \n"],
    ["one pair", "<think>\nHm.\n</think>\n\nYes.", "\nHm.\n", "Yes."],
    ["white space before the tag", "\n\n<think>Hm.</think>Yes.", "Hm.", "Yes."],
    ["several pairs", "<reasoning>A,</reasoning><reasoning> B</reasoning>\nYes.", "A, B", "Yes."],
    ["pairs of different tags", "<think>A</think> <reasoning>B</reasoning> Yes.", "AB", "Yes."],
    ["the other tag inside", "<think>a</reasoning>b</think>c", "a</reasoning>b", "c"],
    ["a pair around nothing", "<think>\n\n</think>\n\nYes.", "", "Yes."],
    ["no closing tag", "<think>Hm, and", "Hm, and", ""],
    ["half a closing tag at the end", "<think>Hm</thi", "Hm</thi", ""],
    ["half an opening tag at the end", "<thi", "", "<thi"],
    ["tags after visible text", "See <think>this</think>.", "", "See <think>this</think>."],
    ["tags after the answer began", "<think>A</think>B <think>C</think>", "A", "B <think>C</think>"],
    ["a longer name", "<thinking>x</thinking>", "", "<thinking>x</thinking>"],
    ["a closing tag alone", "</think>x", "", "</think>x"],
    ["only reasoning", "<think>A</think>\n", "A", ""],
  ])("%s", (_, whole, reasoning, text) => {
    expect(split([whole])).toEqual({ reasoning, text });
    expect(split([...whole])).toEqual({ reasoning, text });
  });

  it.each([
    ["an end only", "A.\n</think>\n\nB.", "A.\n", "B."],
    ["the tag opened again", "\n<think>\nA</think>B", "\nA", "B"],
    ["the tag opened again, after reasoning", "A<think>B</think>C", "A<think>B", "C"],
    ["no end", "A", "A", ""],
    ["nothing thought", "\n</think>\nB", "", "B"],
    ["a second pair", "A</think><think>B</think>C", "AB", "C"],
  ])("inside from the start: %s", (_, whole, reasoning, text) => {
    const options = { tags: ["think"], startsInside: true };
    expect(split([whole], options)).toEqual({ reasoning, text });
    expect(split([...whole], options)).toEqual({ reasoning, text });
  });

  it("knows tags in square brackets", () => {
    const options = { tags: ["[THINK]", "think"] };
    const whole = "[THINK]A[/think][/THINK]\nB";
    expect(split([whole], options)).toEqual({ reasoning: "A[/think]", text: "B" });
    expect(split([...whole], options)).toEqual({ reasoning: "A[/think]", text: "B" });
  });

  it("gives text as soon as it is decided", () => {
    const { push } = reasoningSplitter(THINK);
    expect(push("<thi")).toEqual([]);
    expect(push("nk>A")).toEqual([{ type: "reasoning", text: "A" }]);
    expect(push("B<")).toEqual([{ type: "reasoning", text: "B" }]);
    expect(push("b></think>")).toEqual([{ type: "reasoning", text: "<b>" }]);
    expect(push("\n")).toEqual([]);
    expect(push("\nYes")).toEqual([{ type: "text", text: "Yes" }]);
    expect(push("<think>")).toEqual([{ type: "text", text: "<think>" }]);
  });

  it("takes a delta that is one balanced pair for reasoning anywhere, if asked to", () => {
    const texts = [
      "<reasoning> A</reasoning>",
      "B",
      "<reasoning> C</reasoning>",
      "<reasoning>D",
      "</reasoning>",
    ];
    const pairs = { tags: ["reasoning"], pairPerDelta: true };
    expect(split(texts, pairs)).toEqual({ reasoning: " A C", text: "B<reasoning>D</reasoning>" });
    expect(split(texts)).toEqual({
      reasoning: " A",
      text: "B<reasoning> C</reasoning><reasoning>D</reasoning>",
    });
    const two = "<reasoning>A</reasoning><reasoning>B</reasoning>";
    expect(split(["x", two], pairs)).toEqual({ reasoning: "", text: `x${two}` });
  });

  it("gives the same for any split, and loses nothing but tags and white space around them", () => {
    const part = fc.constantFrom(
      "<think>",
      "</think>",
      "<reasoning>",
      "</reasoning>",
      "<",
      "</th",
      " ",
      "\n",
      "a",
      "é🚀",
    );
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    const bare = (value: string) => value.replace(/<\/?(?:think|reasoning)>|\s/g, "");
    fc.assert(
      fc.property(text, cuts, fc.boolean(), (whole, at, startsInside) => {
        const options = { ...THINK, startsInside };
        const once = split([whole], options);
        expect(split(pieces(whole, at), options)).toEqual(once);
        expect(bare(once.reasoning + once.text)).toBe(bare(whole));
      }),
      { numRuns: 500 },
    );
  });
});

describe("stopMatcher", () => {
  function run(texts: readonly string[], stops: readonly string[]): { text: string; stopped: boolean } {
    const matcher = stopMatcher(stops);
    let text = "";
    let stopped = false;
    for (const piece of texts) {
      const given = matcher.push(piece);
      text += given.text;
      stopped = given.stop !== undefined;
    }
    return { text: text + matcher.end(), stopped };
  }

  it.each([
    ["one stop", "one END two", ["END"], "one ", true],
    ["none", "one", ["END"], "one", false],
    ["no stops", "one", [], "one", false],
    ["an empty stop", "one", [""], "one", false],
    ["at the start", "ENDone", ["END"], "", true],
    ["the beginning of one at the end", "one EN", ["END"], "one EN", false],
    ["a false start", "EEND", ["END"], "E", true],
    ["the one complete first", "xabc", ["abc", "b"], "xa", true],
    ["the longest of those that end together", "xab", ["b", "ab"], "x", true],
    ["the first of several", "a2b1", ["1", "2"], "a", true],
  ])("%s", (_, whole, stops, text, stopped) => {
    expect(run([whole], stops)).toEqual({ text, stopped });
    expect(run([...whole], stops)).toEqual({ text, stopped });
  });

  it("holds text back only as long as a stop could still match", () => {
    const { push, end } = stopMatcher(["\n\nUser:"]);
    expect(push("Hi")).toEqual({ text: "Hi", stop: undefined });
    expect(push("\n\nUse")).toEqual({ text: "", stop: undefined });
    expect(push(" it")).toEqual({ text: "\n\nUse it", stop: undefined });
    expect(push("\n")).toEqual({ text: "", stop: undefined });
    expect(end()).toBe("\n");
  });

  it("swallows what comes after a stop", () => {
    const { push, end } = stopMatcher(["."]);
    expect(push("a.b")).toEqual({ text: "a", stop: "." });
    expect(push("c")).toEqual({ text: "", stop: "." });
    expect(end()).toBe("");
  });

  it("gives the same for any split, and what a model stopped at each character would give", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 14 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(letters, stops, cuts, (whole, words, at) => {
        let written = "";
        let text = whole;
        for (const letter of whole) {
          written += letter;
          const lengths = words.filter((word) => written.endsWith(word)).map((word) => word.length);
          if (lengths.length === 0) continue;
          text = written.slice(0, -Math.max(...lengths));
          break;
        }
        const stopped = words.some((word) => whole.includes(word));
        expect(run(pieces(whole, at), words)).toEqual({ text, stopped });
      }),
      { numRuns: 500 },
    );
  });

  it("counts the characters that may begin a word", () => {
    expect(pendingLength("xab", ["abc", "b-"])).toBe(2);
    expect(pendingLength("abc", ["abc"])).toBe(0);
    expect(pendingLength("a", ["abc"])).toBe(1);
  });
});

describe("text messages", () => {
  const text = (value: string) => ({ type: "text", text: value });
  const converse = (messages: unknown[]) => textConversation(chat({ messages }).messages);

  it("merges what belongs together and leaves out what is empty", () => {
    const conversation = converse([
      { role: "system", content: "S1" },
      { role: "user", content: [text("He"), text("llo")] },
      { role: "user", content: "there" },
      { role: "assistant", content: "" },
      { role: "developer", content: "S2" },
      { role: "assistant", content: "Hi" },
      { role: "user", content: " \n" },
    ]);
    expect(conversation).toEqual({
      system: "S1\n\nS2",
      turns: [
        { role: "user", text: "Hello\n\nthere" },
        { role: "assistant", text: "Hi" },
      ],
      prefilled: true,
    });
  });

  it("lets the user begin", () => {
    const { turns, prefilled } = converse([
      { role: "assistant", content: "Hi" },
      { role: "user", content: "Hello" },
    ]);
    expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(prefilled).toBe(false);
  });

  it.each([
    [
      [{ role: "user", content: [text("x"), { type: "image_url", image_url: { url: "data:," } }] }],
      "messages[0].content[1]",
    ],
    [[{ role: "user", content: [{ type: "file", file: { file_data: "eA==" } }] }], "messages[0].content[0]"],
    [[{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }], "messages[0].content[0]"],
    [
      [
        { role: "user", content: "x" },
        {
          role: "assistant",
          tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "" } }],
        },
      ],
      "messages[1].tool_calls",
    ],
    [
      [
        { role: "user", content: "x" },
        { role: "tool", tool_call_id: "1", content: "y" },
      ],
      "messages[1]",
    ],
  ])("refuses what is no text: %#", (messages, param) => {
    expect(thrownBy(() => converse(messages))).toMatchObject({
      code: "unsupported_content",
      param,
      status: 400,
    });
  });

  it.each([[[{ role: "system", content: " " }]], [[{ role: "user", content: " " }]]])(
    "refuses conversations without text: %#",
    (messages) => {
      expect(thrownBy(() => converse(messages))).toMatchObject({ code: "invalid_value", param: "messages" });
    },
  );

  it("joins parts without a separator", () => {
    expect(
      plainText([
        { type: "text", text: "a", param: "" },
        { type: "text", text: "b", param: "" },
      ]),
    ).toBe("ab");
  });

  it("keeps the client's text in order", () => {
    const message = fc.record({
      role: fc.constantFrom("system", "developer", "user", "assistant"),
      content: fc.stringMatching(/^[a-z]{1,5}$/),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        const isSystem = ({ role }: { role: string }) => role === "system" || role === "developer";
        const talk = messages.filter((one) => !isSystem(one));
        fc.pre(talk.length > 0);
        const { system, turns } = converse(messages);
        const joined = (list: { content: string }[]) => list.map(({ content }) => content).join("\n\n");
        expect(system).toBe(joined(messages.filter(isSystem)));
        const spoken = turns
          .slice(talk[0]?.role === "assistant" ? 1 : 0)
          .map((turn) => ({ content: turn.text }));
        expect(joined(spoken)).toBe(joined(talk));
        for (const [index, turn] of turns.entries())
          expect(turn.role).toBe(index % 2 === 0 ? "user" : "assistant");
      }),
    );
  });

  it("refuses tools unless they are not to be called", () => {
    const tool = { type: "function", function: { name: "f" } };
    const refusal = (body: Record<string, unknown>) =>
      thrownBy(() => refuseTools(chat(body), "Do something else."));
    expect(refusal({})).toBeUndefined();
    expect(refusal({ tools: [], tool_choice: "auto" })).toBeUndefined();
    expect(refusal({ tools: [tool], tool_choice: "none" })).toBeUndefined();
    expect(refusal({ tools: [tool] })).toMatchObject({
      code: "unsupported_parameter",
      param: "tools",
      message: expect.stringContaining("Do something else."),
    });
    expect(refusal({ functions: [{ name: "f" }] })).toMatchObject({ param: "functions" });
    expect(refusal({ tool_choice: "required" })).toMatchObject({ param: "tool_choice" });
  });

  it("breaks control tokens and nothing else", () => {
    const tokens = /<\|\w+\|>/g;
    expect(neutralise("a <|eot_id|><|x|> <| b |>", tokens)).toBe("a < |eot_id|>< |x|> <| b |>");
    fc.assert(
      fc.property(fc.array(fc.constantFrom("<", "|", ">", "<|", "|>", "a"), { maxLength: 12 }), (parts) => {
        expect(neutralise(parts.join(""), tokens)).not.toMatch(tokens);
      }),
    );
  });
});
