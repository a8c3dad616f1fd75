/** What a conversation becomes for Converse: turns, tool calls, images, documents, cache points. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { missingInOrder } from "../../../support/bodies.ts";
import { called, result, says, user } from "../../../support/claude-requests.ts";
import {
  type Block,
  converse,
  encode,
  file,
  image,
  LLAMA,
  MISTRAL_LARGE,
  NOVA,
  OPUS_4_6,
  PDF,
  PROFILE_ARN,
  refused,
  SONNET_4,
  TITAN,
  text,
  turns,
} from "../../../support/converse.ts";
import { serviceViolations } from "../../../support/service-model.ts";

const system = (messages: unknown[], model?: string) => encode({ messages }, model).body.system;

describe("turns", () => {
  it("have system text apart, wherever it stands", () => {
    const messages = [
      { role: "system", content: "One" },
      user("Hi"),
      { role: "developer", content: [text(" Two \n")] },
      says("Hello"),
      user("Bye"),
    ];
    expect(system(messages)).toEqual([{ text: "One" }, { text: " Two \n" }]);
    expect(turns(messages).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  it("have it before the user's words where the model takes no system text", () => {
    const messages = [{ role: "system", content: "One" }, user("Hi"), { role: "system", content: "Two" }];
    expect(encode({ messages }, TITAN).body).not.toHaveProperty("system");
    expect(turns(messages, TITAN)).toEqual([
      { role: "user", content: [{ text: "One" }, { text: "Two" }, { text: "Hi" }] },
    ]);
    const json = { response_format: { type: "json_object" } };
    expect(JSON.stringify(turns([user("Hi")], TITAN, json))).toContain("JSON object");
  });

  it("merge adjacent messages, drop blank ones, and keep white space between texts", () => {
    const parts = ["", " ", "a", "\n\n", "b", ""].map((value) => text(value));
    expect(turns([user(""), user(parts), user("c"), says(""), says("d"), says("e"), user("f")])).toEqual([
      { role: "user", content: [{ text: "a\n\n" }, { text: "b" }, { text: "c" }] },
      { role: "assistant", content: [{ text: "d" }, { text: "e" }] },
      { role: "user", content: [{ text: "f" }] },
    ]);
  });

  it("begin with the user, and end with one unless the model continues a started answer", () => {
    const [first, second] = turns([says("Welcome"), user("Hi")]);
    expect([first?.role, second?.content]).toEqual(["user", [{ text: "Welcome" }]]);
    const started = [user("a"), says("The answer is \n")];
    expect(turns(started).at(-1)).toEqual({ role: "assistant", content: [{ text: "The answer is" }] });
    for (const model of [OPUS_4_6, LLAMA, PROFILE_ARN]) {
      expect(turns(started, model).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    }
    expect(turns([user("a"), says("b"), user(" ")]).at(-1)?.role).toBe("user");
  });

  it("repair half surrogate pairs", () => {
    expect(JSON.stringify(turns([user("cut \ud83d")]))).toContain("cut \ufffd");
  });

  it.each([[[{ role: "system", content: " " }]], [[user(" ")]], [[says("")]]])("refuse %j", (messages) => {
    expect(refused({ messages })).toMatchObject({ code: "invalid_value", param: "messages", status: 400 });
  });

  it.each([
    [[user([{ type: "input_audio", input_audio: {} }])], "messages[0].content[0]"],
    [[{ role: "system", content: [image()] }, user("a")], "messages[0].content[0]"],
    [[user("a"), says([image()]), user("b")], "messages[1].content[0]"],
  ])("refuse content that has no place: %j", (messages, param) => {
    expect(refused({ messages })).toMatchObject({ code: "unsupported_content", param, status: 400 });
  });
});

describe("tool calls and results", () => {
  it("become toolUse and toolResult blocks", () => {
    const history = [
      user("a"),
      says("Let me see.", ["c1", '{"q":"é"}', "look"]),
      result("c1", "12 C"),
      user("b"),
    ];
    expect(turns(history)).toEqual([
      { role: "user", content: [{ text: "a" }] },
      {
        role: "assistant",
        content: [{ text: "Let me see." }, { toolUse: { toolUseId: "c1", name: "look", input: { q: "é" } } }],
      },
      {
        role: "user",
        content: [{ toolResult: { toolUseId: "c1", content: [{ text: "12 C" }] } }, { text: "b" }],
      },
    ]);
  });

  const idsOf = (blocks: readonly Block[] = [], kind: string) =>
    blocks.flatMap((block) => (kind in block ? [(block[kind] as { toolUseId: string }).toolUseId] : []));

  it("stand in the order of the calls, all in one message", () => {
    const history = [
      user("a"),
      says(null, ["1"], ["2"], ["3"]),
      result("3", "c"),
      result("1", "a"),
      result("2", "b"),
    ];
    const [, , answers] = turns(history);
    expect(idsOf(answers?.content, "toolResult")).toEqual(["1", "2", "3"]);
  });

  it("have ids that Converse takes, the same for call and result, and each only once", () => {
    const long = "x".repeat(100);
    const history = [
      user("a"),
      says(null, ["functions.look:0"], [long]),
      result("functions.look:0", "a"),
      result(long, "b"),
      says(null, ["functions.look:0"]),
      result("functions.look:0", "c"),
    ];
    const [, first, , second] = turns(history);
    const ids = [...idsOf(first?.content, "toolUse"), ...idsOf(second?.content, "toolUse")];
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_.:-]{1,64}$/);
    expect(new Set(ids).size).toBe(3);
    expect(turns(history).map(({ content }) => idsOf(content, "toolResult"))).toEqual([
      [],
      [],
      ids.slice(0, 2),
      [],
      ids.slice(2),
    ]);
  });

  it.each([
    ["", {}],
    ["[1]", { _raw: "[1]" }],
    ['{"a":', { _raw: '{"a":' }],
  ])("take the arguments %j as %j", (args, input) => {
    const [, assistant] = turns([user("a"), says(null, ["1", args]), result("1", "x")]);
    expect(assistant?.content[0]).toMatchObject({ toolUse: { input } });
  });

  it.each<[content: unknown, expected: unknown]>([
    ['{"temp":12}', [{ json: { temp: 12 } }]],
    ['{"id":12345678901}', [{ json: { id: 12345678901 } }]],
    ['{"a":null}', [{ text: '{"a":null}' }]],
    ["[1]", [{ text: "[1]" }]],
    ["", [{ text: "(no output)" }]],
    [
      [text("a"), text("b")],
      [{ text: "a" }, { text: "b" }],
    ],
  ])("give back %j", (content, expected) => {
    const [, , answer] = turns([user("a"), says(null, ["1"]), result("1", content)]);
    expect(answer?.content).toEqual([{ toolResult: { toolUseId: "1", content: expected } }]);
  });

  it("say where there is no result, with a status for the models that know it", () => {
    const open = [user("a"), says(null, ["1"])];
    const [, , claude] = turns(open);
    expect(claude?.content[0]).toMatchObject({ toolResult: { status: "error" } });
    const [, , llama] = turns(open, LLAMA);
    expect(llama?.content[0]).not.toHaveProperty("toolResult.status");
  });

  it("hold images and documents for the models that look into them", () => {
    const history = [user("a"), says(null, ["1"]), result("1", [image(), file(PDF, "a.pdf")])];
    const [, , answer] = turns(history);
    expect(answer?.content[0]).toMatchObject({
      toolResult: { content: [{ image: { format: "png" } }, { document: { format: "pdf", name: "a" } }] },
    });
    expect(refused({ messages: history }, MISTRAL_LARGE)).toMatchObject({
      code: "unsupported_content",
      param: "messages[2].content[0]",
    });
  });

  it("are parted from the user's text for models that take no two together", () => {
    const history = [...called(), user("Thanks")];
    expect(turns(history, LLAMA).map(({ role, content }) => [role, Object.keys(content[0] ?? {})])).toEqual([
      ["user", ["text"]],
      ["assistant", ["toolUse"]],
      ["user", ["toolResult"]],
      ["assistant", ["text"]],
      ["user", ["text"]],
    ]);
    expect(turns(history)).toHaveLength(3);
  });

  it("keep names that no request could offer within the rules", () => {
    const [, assistant] = turns([user("a"), says(null, ["1", "{}", "a.b c"]), result("1", "x")]);
    expect(assistant?.content[0]).toMatchObject({ toolUse: { name: "a_b_c" } });
  });

  it("refuse a result without a call", () => {
    expect(refused({ messages: [user("a"), result("9", "x")] })).toMatchObject({
      code: "invalid_value",
      param: "messages[1].tool_call_id",
    });
  });

  it("come with the reasoning that led to them while the model thinks", () => {
    const thought = { reasoningContent: { reasoningText: { text: "Hm.", signature: "s" } } };
    const signed = { kind: "signed", text: "Hm.", signature: "s" } as const;
    const foreign = { kind: "text", text: "Hm." } as const;
    const request = chat({ messages: called(), reasoning_effort: "low" });
    const messages = request.messages.map((message) =>
      message.role === "assistant" ? { ...message, reasoning: [signed, foreign] } : message,
    );
    const target = bedrockTarget(SONNET_4);
    const { body, dropped } = converse.encode({ ...request, messages }, target);
    expect(serviceViolations(body, "ConverseRequest")).toEqual([]);
    const [, assistant] = body.messages as { content: Block[] }[];
    expect(assistant?.content[0]).toEqual(thought);
    expect(assistant?.content).toHaveLength(2);
    expect(body).toMatchObject({ additionalModelRequestFields: { thinking: { type: "enabled" } } });
    expect(dropped).toEqual([]);
    const { reasoningEffort: _, ...silent } = request;
    const without = converse.encode({ ...silent, messages }, target).body.messages as { content: Block[] }[];
    expect(without[1]?.content).toHaveLength(1);
  });
});

describe("any conversation", () => {
  it("keeps all of its text in order, and fits the service model", () => {
    const words = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => /\S/.test(value));
    const turn = fc.oneof(
      fc.record({ role: fc.constantFrom("user", "assistant"), content: words }),
      fc.record({
        role: fc.constant("tool"),
        content: words,
        id: fc.string({ minLength: 1, maxLength: 80 }),
      }),
    );
    const models = fc.constantFrom(SONNET_4, OPUS_4_6, NOVA, LLAMA, MISTRAL_LARGE, PROFILE_ARN);
    fc.assert(
      fc.property(
        words,
        fc.array(turn, { minLength: 1, maxLength: 8 }),
        models,
        (systemText, talk, model) => {
          const messages = talk.flatMap((entry): unknown[] => {
            if (!("id" in entry)) return [entry];
            return [says(null, [entry.id]), result(entry.id, entry.content)];
          });
          const { body } = encode(
            { messages: [{ role: "system", content: systemText }, ...messages] },
            model,
          );
          // As they are sent: broken surrogates mended, a started answer without white space at its end.
          const texts = talk.map(({ content }) => content.toWellFormed().trimEnd());
          expect(missingInOrder(body.messages, texts)).toEqual([]);
          expect(missingInOrder(body.system, [systemText.toWellFormed()])).toEqual([]);
          const roles = (body.messages as { role: string }[]).map(({ role }) => role);
          expect(roles.every((role, index) => role === (index % 2 === 0 ? "user" : "assistant"))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
