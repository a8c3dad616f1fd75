/** What a conversation becomes: turns, tool calls and their results. */
import { describe, expect, it } from "vitest";
import {
  encode,
  converse,
  OPUS_4_6,
  refused,
  result,
  SONNET_4,
  says,
  text,
  turns,
  user,
} from "../../../support/claude-requests.ts";

const PNG = "iVBORw0KGgoAAAANSUhEUg==";

describe("turns", () => {
  it("hoists system and developer messages in order, from anywhere", () => {
    const { system, messages } = converse([
      { role: "system", content: "One" },
      user("Hi"),
      { role: "developer", content: [{ type: "text", text: " Two \n" }] },
      says("Hello"),
      { role: "system", content: "Three" },
      user("Bye"),
    ]);
    expect(system).toEqual([text("One"), text(" Two \n"), text("Three")]);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  it("merges adjacent messages of one role, of users and assistants alike", () => {
    expect(turns([user("a"), user("b"), says("c"), says("d"), user("e")])).toEqual([
      { role: "user", content: [text("a"), text("b")] },
      { role: "assistant", content: [text("c"), text("d")] },
      { role: "user", content: [text("e")] },
    ]);
  });

  it("drops empty texts and empty messages, and keeps white space between texts", () => {
    const parts = ["", " ", "a", "\n\n", "b", ""].map((value) => ({ type: "text", text: value }));
    expect(turns([user(""), user(parts), says(""), says(null), user("c")])).toEqual([
      { role: "user", content: [text("a\n\n"), text("b"), text("c")] },
    ]);
  });

  it("repairs half surrogate pairs, which Claude takes for broken JSON", () => {
    // As JSON, which stays printable where the repair fails.
    const cut = JSON.stringify(turns([user("cut \ud83d")]));
    expect(cut).toBe(JSON.stringify([{ role: "user", content: [text("cut \ufffd")] }]));
  });

  it("puts a user turn before a conversation that the assistant opens", () => {
    const [first, second] = turns([says("Welcome"), user("Hi")]);
    expect([first?.role, second?.content]).toEqual(["user", [text("Welcome")]]);
  });

  it("lets a model continue a final assistant turn, trimmed", () => {
    expect(turns([user("a"), says("The answer is \n")]).at(-1)).toEqual({
      role: "assistant",
      content: [text("The answer is")],
    });
  });

  it("has the user ask to go on where the model does not continue assistant turns", () => {
    expect(turns([user("a"), says("The answer is ")], OPUS_4_6).slice(1)).toEqual([
      { role: "assistant", content: [text("The answer is ")] },
      { role: "user", content: [text("Continue.")] },
    ]);
  });

  it("does not take an answered turn for a started one when the user's text is blank", () => {
    expect(turns([user("a"), says("b"), user(" ")]).at(-1)?.role).toBe("user");
  });

  it.each([
    [[{ role: "system", content: " " }], /user message/],
    [[user(" ")], /content/],
  ])("refuses a conversation without anything to answer", (messages, reason) => {
    const error = refused(SONNET_4, { messages });
    expect(error).toMatchObject({ code: "invalid_value", param: "messages", status: 400 });
    expect(String(error)).toMatch(reason);
  });

  it("carries out a system prompt alone", () => {
    const alone = encode(SONNET_4, { messages: [{ role: "system", content: "Say hi" }, user("")] });
    expect(alone.body.messages).toEqual([{ role: "user", content: [{ type: "text", text: "Continue." }] }]);
  });
});

describe("tool calls and results", () => {
  it("become tool_use and tool_result blocks", () => {
    const history = [
      user("Weather?"),
      says("Let me see.", ["c1", '{"city":"Oslo"}']),
      result("c1", "12 C"),
      user("Thanks"),
    ];
    expect(turns(history)).toEqual([
      { role: "user", content: [text("Weather?")] },
      {
        role: "assistant",
        content: [text("Let me see."), { type: "tool_use", id: "c1", name: "look", input: { city: "Oslo" } }],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "c1", content: "12 C" }, text("Thanks")],
      },
    ]);
  });

  it("answers parallel calls in one message, in the order of the calls", () => {
    const history = [
      user("a"),
      says(null, ["c1"], ["c2"], ["c3"]),
      result("c3", "3"),
      result("c1", "1"),
      result("c2", "2"),
    ];
    expect(
      turns(history)
        .at(-1)
        ?.content.map(({ tool_use_id, content }) => [tool_use_id, content]),
    ).toEqual([
      ["c1", "1"],
      ["c2", "2"],
      ["c3", "3"],
    ]);
  });

  it("puts late results with their call, before what the user said in between", () => {
    const history = [
      user("a"),
      says(null, ["c1"], ["c2"]),
      result("c1", "1"),
      user("hm"),
      says("ok"),
      result("c2", "2"),
    ];
    expect(turns([...history, user("b")])).toMatchObject([
      { role: "user" },
      { content: [{ id: "c1" }, { id: "c2" }] },
      { content: [{ content: "1" }, { content: "2" }, text("hm")] },
      { content: [text("ok")] },
      { content: [text("b")] },
    ]);
  });

  it("answers for calls that nobody answered", () => {
    const interrupted = [user("a"), says(null, ["c1"], ["c2"]), result("c1", "1"), user("stop")];
    expect(turns(interrupted).at(-1)?.content).toEqual([
      { type: "tool_result", tool_use_id: "c1", content: "1" },
      { type: "tool_result", tool_use_id: "c2", content: expect.stringMatching(/No result/), is_error: true },
      text("stop"),
    ]);
    expect(turns([user("a"), says(null, ["c1"])]).at(-1)?.content).toMatchObject([{ is_error: true }]);
  });

  it("joins calls that a client spread over several assistant messages", () => {
    const history = [user("a"), says("x", ["c1"]), says("y", ["c2"]), result("c1", "1"), result("c2", "2")];
    expect(turns(history)[1]?.content).toMatchObject([text("x"), text("y"), { id: "c1" }, { id: "c2" }]);
  });

  it("keeps the rounds of a tool loop apart", () => {
    const history = [user("a"), says("x", ["c1"]), result("c1", "1"), says("y", ["c2"]), result("c2", "2")];
    expect(turns(history).map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
  });

  it.each([
    ["", {}],
    ["  ", {}],
    ['{"a":null}', { a: null }],
    ['{"a":', { _raw: '{"a":' }],
    ["[1]", { _raw: "[1]" }],
    ['"text"', { _raw: '"text"' }],
    ["null", { _raw: "null" }],
  ])("reads the arguments %j", (args, input) => {
    expect(turns([user("a"), says(null, ["c1", args]), result("c1", "1")])[1]?.content[0]?.input).toEqual(
      input,
    );
  });

  it("refuses a result whose call is unknown, or comes later", () => {
    const unknown = refused(SONNET_4, {
      messages: [user("a"), says(null, ["c1"]), result("c2", "x")],
    });
    expect(unknown).toMatchObject({ code: "invalid_value", param: "messages[2].tool_call_id" });
    expect(refused(SONNET_4, { messages: [user("a"), result("c1", "x"), says(null, ["c1"])] })).toMatchObject(
      {
        param: "messages[1].tool_call_id",
      },
    );
  });

  it("maps foreign ids, the same in calls and results and in every request", () => {
    const ids = ["functions.look:0", "functions.look:1", "call|x", "", "ключ"];
    const calls = ids.map((id): [string] => [id]);
    const history = [
      user("a"),
      says(null, ...calls),
      ...ids.filter((id) => id !== "").map((id) => result(id, `r ${id}`)),
    ];
    const [, assistant, answers] = turns(history);
    const mapped = assistant?.content.map(({ id }) => id);
    expect(new Set(mapped).size).toBe(ids.length);
    expect(answers?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(mapped);
    expect(answers?.content[0]?.content).toBe("r functions.look:0");
    expect(turns([...history, user("more")])[1]).toEqual(assistant);
  });

  it("does not let ids collide that share their first characters", () => {
    const history = [user("a"), says(null, ["tooluse_bpe71.A"], ["tooluse_bpe71.B"], ["tooluse_bpe71_A"])];
    expect(new Set(turns(history)[1]?.content.map(({ id }) => id)).size).toBe(3);
  });

  it("tells calls apart that reuse an id in every turn", () => {
    const round = (n: number) => [says(null, ["call_0"]), result("call_0", `round ${n}`)];
    const messages = turns([user("a"), ...round(1), ...round(2), ...round(3)]);
    const ids = messages.flatMap(({ content }) =>
      content.flatMap(({ id }) => (id === undefined ? [] : [id])),
    );
    expect(ids).toEqual(["call_0", "call_0_2", "call_0_3"]);
    expect(messages.at(-1)?.content).toMatchObject([{ tool_use_id: "call_0_3", content: "round 3" }]);
  });

  it("gives calls of one id in one turn their results in order", () => {
    const history = [
      user("a"),
      says(null, ["x"], ["x"]),
      result("x", "first"),
      result("x", "second"),
      result("x", "third"),
    ];
    expect(turns(history).at(-1)?.content).toEqual([
      { type: "tool_result", tool_use_id: "x", content: "first" },
      { type: "tool_result", tool_use_id: "x_2", content: [text("second"), text("third")] },
    ]);
  });

  it("gives an interrupted turn's id to the newest call", () => {
    const messages = turns([
      user("a"),
      says(null, ["x"]),
      user("stop"),
      says(null, ["x"]),
      result("x", "new"),
    ]);
    expect(messages[2]?.content[0]).toMatchObject({ tool_use_id: "x", is_error: true });
    expect(messages.at(-1)?.content[0]).toMatchObject({ tool_use_id: "x_2", content: "new" });
  });

  it("takes results of several parts, of images and of nothing", () => {
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
    const cached = { type: "text", text: "b", cache_control: { type: "ephemeral" } };
    const parts = [{ type: "text", text: "a" }, cached, image];
    const history = [user("q"), says(null, ["c1"], ["c2"]), result("c1", parts), result("c2", "\n")];
    expect(turns(history).at(-1)?.content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "c1",
        content: [
          text("a"),
          text("b"),
          { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
        ],
        cache_control: { type: "ephemeral" },
      },
      { type: "tool_result", tool_use_id: "c2" },
    ]);
  });

  it("makes foreign tool names in the history acceptable", () => {
    const history = [user("a"), says(null, ["c1", "{}", "ns.look at"]), result("c1", "1")];
    expect(turns(history)[1]?.content[0]).toMatchObject({ name: "ns_look_at" });
  });
});
