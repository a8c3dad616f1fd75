import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { familyFor } from "../../../../src/families/index.ts";
import { chatMessages } from "../../../../src/families/openai-chat/messages.ts";
import { CHAT_TOOLS } from "../../../../src/families/openai-chat/tools.ts";
import { toolBook } from "../../../../src/families/request/tool-book.ts";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { asSent, bedrockTarget, chat, thrownBy } from "../../../support/bedrock.ts";

/** Not by Converse, which is the default for some of these models. */
const NATIVE = { api: "invoke" } as const;

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const GPT_OSS = "openai.gpt-oss-20b-1:0";
const GEMMA = "google.gemma-3-27b-it";
const JAMBA = "ai21.jamba-1-5-mini-v1:0";

const encode = (messages: readonly unknown[], model = GPT_OSS) => {
  const target = bedrockTarget(model, NATIVE);
  return asSent(familyFor(target).encode(chat({ messages }), target));
};
const messagesOf = (messages: readonly unknown[], model?: string) => encode(messages, model).body.messages;
const system = (content: unknown) => ({ role: "system", content });
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown, more: JsonObject = {}) => ({ role: "assistant", content, ...more });
const call = (id: string, args = "{}") => ({
  id,
  type: "function",
  function: { name: "f", arguments: args },
});
const result = (id: string, content: unknown = "12 C") => ({ role: "tool", tool_call_id: id, content });
const image = (url: string) => ({ type: "image_url", image_url: { url } });
const text = (value: string) => ({ type: "text", text: value });

describe("messages", () => {
  it("keep their roles and order; developer is system", () => {
    const turns = [user("a"), assistant("b"), system("c"), user("d")];
    expect(messagesOf([{ role: "developer", content: "s" }, ...turns])).toEqual([system("s"), ...turns]);
  });

  it("join the parts of a text as the client cut it", () => {
    expect(messagesOf([user([text("a"), text(" "), text("b")])])).toEqual([user("a b")]);
  });

  it("join the system messages at the start, and leave empty ones out", () => {
    expect(messagesOf([system("a"), system(" "), system("b"), user("c"), user(""), assistant("")])).toEqual([
      system("a\n\nb"),
      user("c"),
    ]);
  });

  it("carry tool calls without content, and their results", () => {
    expect(messagesOf([user("a"), assistant(null, { tool_calls: [call("x")] }), result("x")])).toEqual([
      user("a"),
      { role: "assistant", tool_calls: [call("x")] },
      result("x"),
    ]);
  });

  it("keep text beside tool calls, and results that are empty or in parts", () => {
    const turns = [user("a"), assistant("b", { tool_calls: [call("x"), call("y")] })];
    expect(messagesOf([...turns, result("x", ""), result("y", [text("1"), text("2")])])).toEqual([
      ...turns,
      result("x", ""),
      result("y", "12"),
    ]);
  });

  it.each([
    ["", "{}"],
    ["  ", "{}"],
    ['{"a":1}', '{"a":1}'],
    ["{broken", '{"_raw":"{broken"}'],
    ["[1]", '{"_raw":"[1]"}'],
  ])("send the arguments %j as %s", (args, sent) => {
    const messages = messagesOf([user("a"), assistant(null, { tool_calls: [call("x", args)] }), result("x")]);
    expect(messages).toMatchObject([{}, { tool_calls: [{ function: { arguments: sent } }] }, {}]);
  });

  it("refuse a result without its call", () => {
    expect(thrownBy(() => encode([user("a"), result("x")]))).toMatchObject({
      code: "invalid_value",
      param: "messages[1].tool_call_id",
    });
  });

  it("refuse a conversation in which nobody says anything", () => {
    for (const messages of [[system(" ")], [user(" ")], [system(""), assistant("")]]) {
      expect(thrownBy(() => encode(messages))).toMatchObject({ code: "invalid_value", param: "messages" });
    }
    expect(messagesOf([system("a"), user(" ")])).toEqual([system("a"), user("Continue.")]);
  });

  it("add instructions to the system message", () => {
    const rules = { images: false, turns: "any" } as const;
    const request = chat({ messages: [system("s"), user("a")] });
    expect(chatMessages(request.messages, rules, ["i"], toolBook(request, CHAT_TOOLS))).toEqual([
      system("s\n\ni"),
      user("a"),
    ]);
  });
});

describe("images", () => {
  it("go out under the type that their data shows", () => {
    const content = [text("what?"), image(`data:image/jpeg;base64,${PNG}`)];
    expect(messagesOf([user(content)], "moonshotai.kimi-k2.5")).toEqual([
      user([text("what?"), image(`data:image/png;base64,${PNG}`)]),
    ]);
  });

  it.each([
    [
      "an image to a model that reads text",
      GPT_OSS,
      user([text("a"), image(`data:;base64,${PNG}`)]),
      "messages[0].content[1]",
    ],
    ["a link", GEMMA, user([image("https://example.com/a.png")]), "messages[0].content[0]"],
    ["other data", GEMMA, user([image("data:image/png;base64,aGVsbG8=")]), "messages[0].content[0]"],
    ["a file", GEMMA, user([{ type: "file", file: { file_data: PNG } }]), "messages[0].content[0]"],
    ["audio", GEMMA, user([{ type: "input_audio", input_audio: {} }]), "messages[0].content[0]"],
    ["an image from the system", GEMMA, system([image(`data:;base64,${PNG}`)]), "messages[0].content[0]"],
  ])("refuses %s", (_, model, message, param) => {
    expect(thrownBy(() => encode([message], model))).toMatchObject({ code: "unsupported_content", param });
  });

  it("shows an image of a tool's result behind all results of the turn", () => {
    const calls = assistant(null, { tool_calls: [call("x"), call("y")] });
    const turns = [user("a"), calls, result("x", [image(PNG)]), result("y", "text")];
    const shown = user([
      text("(From the result of the tool call above.)"),
      image(`data:image/png;base64,${PNG}`),
    ]);
    const seen = result("x", "(Its images and files stand behind the results.)");
    const told = { role: "assistant", tool_calls: [call("x"), call("y")] };
    expect(messagesOf(turns, GEMMA)).toEqual([user("a"), told, seen, result("y", "text"), shown]);
    const more = [...turns, assistant("b"), user("c")];
    expect(messagesOf(more, GEMMA)).toEqual([
      ...[user("a"), told, seen, result("y", "text"), shown, assistant("b"), user("c")],
    ]);
    expect(thrownBy(() => encode(turns, GPT_OSS))).toMatchObject({
      code: "unsupported_content",
      param: "messages[2].content[0]",
    });
  });
});

describe("models that are strict about turns", () => {
  it("get one system message, at the start", () => {
    const turns = [system("a"), user("b"), system("c"), assistant("d"), user("e")];
    const expected = [system("a\n\nc"), user("b"), assistant("d"), user("e")];
    expect(messagesOf(turns, JAMBA)).toEqual(expected);
    expect(messagesOf(turns, GEMMA)).toEqual(expected);
  });

  it("get alternating turns that begin with the user, where they need them", () => {
    const turns = [assistant("a"), user("b"), system("s"), user([text("c"), image(`data:;base64,${PNG}`)])];
    expect(messagesOf(turns, GEMMA)).toEqual([
      system("s"),
      { role: "user", content: expect.stringContaining("starts with") },
      assistant("a"),
      user([text("b"), text("c"), image(`data:image/png;base64,${PNG}`)]),
    ]);
    const [, ...rest] = [assistant("a"), user("b"), user("c")];
    expect(messagesOf(rest, GEMMA)).toEqual([user("b\n\nc")]);
  });

  it("keep the assistant's text with its calls", () => {
    const calls = assistant(null, { tool_calls: [call("x")] });
    const more = assistant("c", { tool_calls: [call("y")] });
    const turns = [user("a"), assistant("b"), calls, more, result("x"), result("y")];
    expect(messagesOf(turns, GEMMA)).toEqual([
      user("a"),
      assistant("b\n\nc", { tool_calls: [call("x"), call("y")] }),
      result("x"),
      result("y"),
    ]);
  });
});

describe("every body", () => {
  const MODELS = [
    ...[GPT_OSS, "qwen.qwen3-32b-v1:0", "moonshot.kimi-k2-thinking", "minimax.minimax-m2", GEMMA, JAMBA],
    ...["us.writer.palmyra-x5-v1:0", "arn:aws:bedrock:us-east-1:1:imported-model/x"],
  ];
  /** Marks that can be found again, with text that templates and JSON might trip over. */
  const odd = fc.string({ unit: "grapheme", maxLength: 12 });
  const content = fc.oneof(odd, fc.array(odd.map(text), { minLength: 1, maxLength: 3 }));
  const turn = fc.record({ role: fc.constantFrom("system", "user", "assistant", "call"), content });
  const conversation = fc.array(turn, { minLength: 1, maxLength: 8 }).map((turns) =>
    [...turns, { role: "user", content: "end" }].flatMap(({ role, content: given }, index) => {
      const mark = `<${index}>`;
      const marked = typeof given === "string" ? mark + given : [text(mark), ...given];
      if (role !== "call") return [{ role, content: marked }];
      return [assistant(null, { tool_calls: [call(`x${index}`)] }), result(`x${index}`, marked)];
    }),
  );
  const settings = fc.record(
    {
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      top_p: fc.double({ min: 0, max: 1, noNaN: true }),
      max_tokens: fc.integer({ min: 1, max: 200_000 }),
      stop: fc.oneof(fc.string(), fc.constant(null)),
      frequency_penalty: fc.constantFrom(0, 1, null),
      seed: fc.constantFrom(0, 1, null),
      reasoning_effort: fc.constantFrom("none", "low", "max", null),
      tools: fc.constantFrom(null, [], [{ type: "function", function: { name: "f", description: null } }]),
      tool_choice: fc.constantFrom("none", "auto", null),
      response_format: fc.constantFrom(null, { type: "text" }, { type: "json_object" }),
      user: fc.constantFrom("u", null),
      made_up: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  const texts = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
  };
  const holes = (value: unknown): number => {
    if (value === null || value === undefined) return 1;
    return typeof value === "object" ? Object.values(value).reduce((sum: number, v) => sum + holes(v), 0) : 0;
  };

  it("holds all content in order, and neither null nor undefined", () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODELS), conversation, settings, (model, messages, more) => {
        const target = bedrockTarget(model, {
          ...NATIVE,
          ...(model.startsWith("arn:") && { family: "openai" }),
        });
        const { body } = familyFor(target).encode(chat({ ...more, messages }), target);
        expect(holes(body)).toBe(0);
        const sent = texts(body.messages).join("\n");
        const order = (roles: readonly string[]) =>
          messages
            .filter(({ role }) => roles.includes(role))
            .flatMap(({ content: given }) => {
              const whole =
                typeof given === "string"
                  ? given
                  : texts(given)
                      .filter((t) => t !== "text")
                      .join("");
              return given === null ? [] : [whole.toWellFormed()];
            });
        // System text may move to the front, but stays in its own order.
        for (const roles of [["system"], ["user", "assistant", "tool"]]) {
          let from = 0;
          for (const whole of order(roles)) {
            const at = sent.indexOf(whole, from);
            expect(at, whole).toBeGreaterThanOrEqual(from);
            from = at + whole.length;
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
