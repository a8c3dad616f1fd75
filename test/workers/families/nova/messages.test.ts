/** What a conversation becomes for Nova: turns, tool calls and their results. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { missingInOrder } from "../../../support/bodies.ts";
import { result, says, user } from "../../../support/claude-requests.ts";
import { encode, IMAGE, MICRO, PNG, PRO, refused, turns } from "../../../support/nova-requests.ts";

describe("messages", () => {
  it("hoists system texts in order and merges turns", () => {
    const { body } = encode({
      messages: [
        { role: "system", content: "One" },
        user("a"),
        { role: "developer", content: "Two" },
        user([{ type: "text", text: "b" }]),
        says("c"),
        says("d"),
        user("e"),
      ],
    });
    expect(body.system).toEqual([{ text: "One" }, { text: "Two" }]);
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "a" }, { text: "b" }] },
      { role: "assistant", content: [{ text: "c" }, { text: "d" }] },
      { role: "user", content: [{ text: "e" }] },
    ]);
  });

  it("begins with the user, and continues a final assistant turn as it stands", () => {
    const [first, ...rest] = turns([says("Welcome"), user("a"), says("The answer is ")]);
    expect(first?.role).toBe("user");
    expect(rest.at(-1)).toEqual({ role: "assistant", content: [{ text: "The answer is " }] });
  });

  it("does not continue an answered turn when the user's text is blank", () => {
    expect(turns([user("a"), says("b"), user(" ")]).at(-1)?.role).toBe("user");
  });

  it("sends images as base64 with the format of the bytes, in user turns and tool results", () => {
    const block = { image: { format: "png", source: { bytes: PNG } } };
    const look = { type: "text", text: "Look" };
    expect(turns([user([look, IMAGE])])[0]?.content).toEqual([{ text: "Look" }, block]);
    const history = [user("a"), says(null, ["c1"]), result("c1", [look, IMAGE])];
    expect(turns(history)[2]?.content[0]).toMatchObject({
      toolResult: { content: [{ text: "Look" }, block] },
    });
  });

  it.each([
    ["an image for Nova Micro", [IMAGE], MICRO, "messages[0].content[0]"],
    ["a link", [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }], PRO, /content\[0\]/],
    ["a document", [{ type: "file", file: { file_data: "JVBERi0xLjQK" } }], PRO, "messages[0].content[0]"],
    ["audio", [{ type: "input_audio", input_audio: {} }], PRO, "messages[0].content[0]"],
  ])("refuses %s", (_, content, model, param) => {
    const error = refused({ messages: [user(content)] }, model);
    expect(error).toMatchObject({ code: "unsupported_content", status: 400 });
    expect((error as { param: string }).param).toMatch(param);
  });

  it.each([[[{ role: "system", content: " " }]], [[user(" ")]]])("refuses a conversation of nothing", (m) => {
    expect(refused({ messages: m })).toMatchObject({ code: "invalid_value", param: "messages" });
  });

  it("every text arrives, in order", () => {
    const word = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => /\S/.test(text));
    const turn = fc.record({ role: fc.constantFrom("user", "assistant"), content: word });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 2 }), fc.array(turn, { minLength: 1 }), (system, talk) => {
        const messages = [...system.map((content) => ({ role: "system", content })), user("Hi"), ...talk];
        const { body } = encode({ messages });
        const sent = [...system, "Hi", ...talk.map(({ content }) => content)].map((t) => t.toWellFormed());
        expect(missingInOrder([body.system, body.messages], sent)).toEqual([]);
      }),
    );
  });
});

describe("tool calls and results", () => {
  it("pair up in one user message, before its text", () => {
    const history = [
      user("Weather?"),
      says("Let me see.", ["c1", '{"city":"Oslo"}'], ["c2", ""]),
      result("c2", "cold"),
      result("c1", '{"t": 12}'),
      user("Thanks"),
    ];
    expect(turns(history)).toEqual([
      { role: "user", content: [{ text: "Weather?" }] },
      {
        role: "assistant",
        content: [
          { text: "Let me see." },
          { toolUse: { toolUseId: "c1", name: "look", input: { city: "Oslo" } } },
          { toolUse: { toolUseId: "c2", name: "look", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "c1", content: [{ json: { t: 12 } }], status: "success" } },
          { toolResult: { toolUseId: "c2", content: [{ text: "cold" }], status: "success" } },
          { text: "Thanks" },
        ],
      },
    ]);
  });

  it.each([
    ["[1]", { text: "[1]" }],
    ["7", { text: "7" }],
    ["{not json", { text: "{not json" }],
    ['{"a":null}', { text: '{"a":null}' }],
    ['{"a":[1.5]}', { json: { a: [1.5] } }],
    ["", { text: "(no output)" }],
  ])("sends the result %s as what it is", (text, block) => {
    const [, , last] = turns([user("a"), says(null, ["c1"]), result("c1", text)]);
    expect(last?.content[0]).toMatchObject({ toolResult: { content: [block] } });
  });

  it("keeps arguments that are no object", () => {
    const [, second] = turns([user("a"), says(null, ["c1", "oops"]), result("c1", "x")]);
    expect(second?.content[0]).toMatchObject({ toolUse: { input: { _raw: "oops" } } });
  });

  it("makes ids of other providers fit, unique, and the same in call and result", () => {
    const long = "x".repeat(80);
    const calls: [string][] = [["functions.look:0"], [long], ["c1"], ["c1"]];
    const history = [
      user("a"),
      says(null, ...calls),
      ...["functions.look:0", long, "c1", "c1"].map((id) => result(id, id)),
    ];
    const [, assistant, results] = turns(history);
    const ids = assistant?.content.map(({ toolUse }) => (toolUse as JsonObject).toolUseId);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids ?? []) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(results?.content.map(({ toolResult }) => (toolResult as JsonObject).toolUseId)).toEqual(ids);
  });

  it("answers calls that count from 0 in every turn with the results of their own turn", () => {
    const history = [
      ...[user("a"), says(null, ["call_0"]), result("call_0", "first")],
      ...[says(null, ["call_0"]), result("call_0", "second")],
    ];
    const texts = turns(history).flatMap(({ content }) =>
      content.map((block) => (block.toolResult as JsonObject | undefined)?.content),
    );
    expect(texts.filter(Boolean)).toEqual([[{ text: "first" }], [{ text: "second" }]]);
  });

  it("says so where a result is missing, and refuses one without a call", () => {
    expect(turns([user("a"), says(null, ["c1"])])[2]?.content[0]).toMatchObject({
      toolResult: { status: "error" },
    });
    expect(refused({ messages: [user("a"), result("c9", "x")] })).toMatchObject({
      code: "invalid_value",
      param: "messages[1].tool_call_id",
    });
  });
});
