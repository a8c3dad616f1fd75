import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../emulator/json.ts";
import {
  assistant,
  emulatedClaude,
  image,
  messages,
  PNG,
  result,
  TOOL,
  text,
  tools,
  use,
  user,
} from "./claude.ts";
import { OPUS_4_6, SONNET_4_5 } from "./client.ts";

const { refusal, refuses } = emulatedClaude();

describe("turns", () => {
  refuses([
    ["none", { messages: [] }, "messages: at least one message is required"],
    [
      "the assistant first",
      messages(assistant(text("x"))),
      'messages: first message must use the "user" role',
    ],
    ["a system turn", messages({ role: "system", content: "x" }), /^messages: Unexpected role "system"/],
    [
      "a strange role",
      messages({ role: "tool", content: "x" }),
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    [
      "an empty turn",
      messages(user(), assistant(text("y")), user(text("z"))),
      "messages.0: all messages must have non-empty content except for the optional final assistant message",
    ],
    ["an empty text", messages(user(text(""))), "messages: text content blocks must be non-empty"],
    [
      "a blank text",
      messages(user(text(" \n"))),
      "messages: text content blocks must contain non-whitespace text",
    ],
    [
      "an empty text in a result",
      messages(user(text("x")), assistant(use("a")), user(result("a", { content: [text("")] }))),
      "messages: text content blocks must be non-empty",
    ],
    ["an empty system block", { system: [text("")] }, "system: text content blocks must be non-empty"],
    [
      "a prefill that ends in a space",
      messages(user(text("x")), assistant(text("Sure: "))),
      "messages: final assistant content cannot end with trailing whitespace",
    ],
    [
      "a prefill from 4.6 on",
      messages(user(text("x")), assistant(text("Sure:"))),
      "This model does not support assistant message prefill. The conversation must end with a user message.",
      OPUS_4_6,
    ],
    [
      "an image from the assistant",
      messages(user(text("x")), assistant(image("image/png", PNG)), user(text("y"))),
      "messages.1.content.0: `image` blocks can only be in `user` messages",
    ],
    [
      "a call from the user",
      messages(user(use("a"))),
      "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages",
    ],
  ]);

  it("takes a prefill before 4.6, and an empty system prompt", async () => {
    expect(await refusal(messages(user(text("x")), assistant(text("Sure:"))), SONNET_4_5)).toMatchObject({
      status: 200,
    });
    expect(await refusal({ system: "" }, SONNET_4_5)).toMatchObject({ status: 200 });
  });
});

describe("tool calls and results", () => {
  const calls = (...ids: string[]) => assistant(...ids.map((id) => use(id)));
  const opened =
    /^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: b\. Each/;
  refuses([
    ["a call without result", messages(user(text("x")), calls("a", "b"), user(result("a"))), opened],
    ["a call at the end", messages(user(text("x")), calls("b")), opened],
    ["text before the results", messages(user(text("x")), calls("b"), user(text("y"), result("b"))), opened],
    [
      "a result without call",
      messages(user(result("a"))),
      /^messages\.0\.content\.0: unexpected `tool_use_id` found in `tool_result` blocks: a\. Each/,
    ],
    [
      "two results for a call",
      messages(user(text("x")), calls("a"), user(result("a"), result("a"))),
      /^messages\.2\.content\.1: each tool_use must have a single result/,
    ],
    [
      "two calls of one id",
      messages(user(text("x")), calls("a", "a"), user(result("a"))),
      "messages.1.content.1: `tool_use` ids must be unique",
    ],
    [
      "an id with a dot",
      messages(user(text("x")), calls("a.b"), user(result("a.b"))),
      /^messages\.1\.content\.0\.tool_use\.id: String should match pattern/,
    ],
    [
      "a name with a dot",
      messages(user(text("x")), assistant(use("a", { name: "a.b" })), user(result("a"))),
      /tool_use\.name: String should match pattern/,
    ],
    [
      "a failure without a word",
      messages(user(text("x")), calls("a"), user(result("a", { is_error: true, content: "" }))),
      /content cannot be empty if `is_error` is true$/,
    ],
    [
      "tool blocks without tools",
      { ...messages(user(text("x")), calls("a"), user(result("a"))), tools: undefined },
      "Requests which include `tool_use` or `tool_result` blocks must define tools",
    ],
  ]);
});

describe("tools", () => {
  const schema = (input_schema: JsonObject) => tools({ name: "t", input_schema });
  const strict = (properties: JsonObject) =>
    tools({
      name: "t",
      strict: true,
      input_schema: { type: "object", properties, additionalProperties: false },
    });
  refuses([
    [
      "a name with a dot",
      tools({ ...TOOL, name: "a.b" }),
      "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
    ],
    ["a name of 65 letters", tools({ ...TOOL, name: "a".repeat(65) }), /tools\.0\.custom\.name/],
    ["the same name twice", tools(TOOL, TOOL), "tools: Tool names must be unique."],
    ["a schema without type", schema({}), "tools.0.custom.input_schema.type: Field required"],
    [
      "a schema that is no object",
      schema({ type: "string" }),
      "tools.0.custom.input_schema.type: Input should be 'object'",
    ],
    [
      "a union at the top",
      schema({ type: "object", anyOf: [] }),
      "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
    ],
    [
      "a property with a space",
      schema({ type: "object", properties: { "a b": {} } }),
      /Property keys should match pattern/,
    ],
    [
      "a choice without tools",
      { tool_choice: { type: "auto" } },
      "`tool_choice` may only be specified while providing `tools`.",
    ],
    [
      "the choice of a stranger",
      { ...tools(TOOL), tool_choice: { type: "tool", name: "x" } },
      "Tool 'x' not found in provided tools",
    ],
    [
      "eager input streaming",
      tools({ ...TOOL, eager_input_streaming: true }),
      /extraneous key \[eager_input_streaming\]/,
    ],
    [
      "a strict object that is open",
      tools({ ...TOOL, strict: true }),
      "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ],
    [
      "a strict minimum",
      strict({ n: { type: "integer", minimum: 1 } }),
      "tools.0.custom: For 'integer' type, properties minimum are not supported",
    ],
    [
      "a strict minItems of 2",
      strict({ l: { type: "array", items: {}, minItems: 2 } }),
      /'minItems' values other than 0 or 1/,
    ],
    [
      "an open output format",
      { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
      /^output_config\.format\.schema: For 'object' type/,
    ],
  ]);
});

describe("media", () => {
  const path = "messages.0.content.0.image.source.base64";
  const pdf = (data: string) => ({
    type: "document",
    source: { type: "base64", media_type: "application/pdf", data },
  });
  refuses([
    [
      "a PNG that calls itself JPEG",
      messages(user(image("image/jpeg", PNG))),
      `${path}: The image was specified using the image/jpeg media type, but the image appears to be a image/png image`,
    ],
    [
      "a BMP",
      messages(user(image("image/bmp", PNG))),
      `${path}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    ],
    ["no image at all", messages(user(image("image/png", "aGVsbG8="))), "Could not process image"],
    [
      "no base64",
      messages(user(image("image/png", "data:image/png;base64,x"))),
      `${path}.data: invalid base64 data`,
    ],
    [
      "too large an image",
      messages(user(image("image/png", "A".repeat(5_242_884)))),
      /image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes$/,
    ],
    ["a PDF that is none", messages(user(pdf("aGVsbG8="))), "The PDF specified was not valid."],
    [
      "a wrong image in a result",
      messages(
        user(text("x")),
        assistant(use("a")),
        user(result("a", { content: [image("image/gif", PNG)] })),
      ),
      /^messages\.2\.content\.0\.tool_result\.content\.0\.image\.source\.base64: The image was specified/,
    ],
  ]);

  it.each([
    ["image/jpeg", "/9j/4AAQSkZJRgABAQ=="],
    ["image/gif", "R0lGODlhAQABAAAAACw="],
    ["image/webp", "UklGRhoAAABXRUJQVlA4"],
  ])("takes %s", async (type, data) => {
    expect(await refusal(messages(user(image(type, data))), SONNET_4_5)).toMatchObject({ status: 200 });
  });
});
