import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../emulator/json.ts";
import { expectRefusal } from "./client.ts";
import {
  assistant,
  document,
  emulatedConverse,
  GLM,
  GPT_OSS,
  LLAMA,
  NOVA,
  PNG,
  POINT,
  result,
  spec,
  TITAN,
  text,
  use,
  user,
  WITH_TOOL,
} from "./converse.ts";

const { ask } = emulatedConverse();

describe("refusals", () => {
  const malformed = (violation: string) =>
    `Malformed input request: ${violation}, please reformat your input and try again.`;
  const turns = (...messages: unknown[]): JsonObject => ({ messages });

  it.each<[name: string, body: JsonObject, message: string | RegExp, model?: string]>([
    ["an unknown key", { top_k: 1 }, malformed("#: extraneous key [top_k] is not permitted")],
    ["no messages", { messages: undefined }, malformed("#: required key [messages] not found")],
    [
      "null",
      { inferenceConfig: { topP: null } },
      /#\/inferenceConfig\/topP: expected type: Number, found: Null/,
    ],
    ["a high temperature", { inferenceConfig: { temperature: 1.1 } }, /1.1 is not less or equal to 1/],
    ["two kinds in a block", turns(user({ text: "a", image: {} })), /messages\/0\/content\/0/],
    [
      "a format of its own",
      turns(user({ ...document("a", { format: "odt" }) }, text("a"))),
      /odt is not a valid enum/,
    ],
    ["the assistant first", turns(assistant(text("a"))), /must start with a user message/],
    ["one role twice", turns(user(text("a")), user(text("b"))), /must alternate between user and assistant/],
    ["an empty message", turns(user()), /content field in the Message object at messages\.0 is empty/],
    [
      "blank text",
      turns(user(text(" "))),
      /text field in the ContentBlock object at messages\.0\.content\.0 is blank/,
    ],
    ["a user's call", turns(user(use("1"))), /User messages cannot contain toolUse/],
    [
      "an assistant's image",
      turns(user(text("a")), assistant({ image: { format: "png", source: { bytes: PNG } } })),
      /Assistant messages cannot contain image/,
    ],
    [
      "another image format",
      turns(user({ image: { format: "jpeg", source: { bytes: PNG } } })),
      /does not match the specified image format/,
    ],
    ["no base64", turns(user({ image: { format: "png", source: { bytes: "*" } } })), /not valid base64/],
    [
      "images",
      turns(user({ image: { format: "png", source: { bytes: PNG } } })),
      /image content block/,
      LLAMA,
    ],
    ["a lone document", turns(user(document("a"))), /must also have a text block/],
    ["a document's extension", turns(user(text("a"), document("a.pdf"))), /can only contain alphanumeric/],
    ["two spaces", turns(user(text("a"), document("a  b"))), /consecutive whitespace/],
    ["a name twice", turns(user(text("a"), document("a"), document("a"))), /duplicate document names/],
    [
      "six documents",
      turns(user(text("a"), ...["a", "b", "c", "d", "e", "f"].map((name) => document(name)))),
      /more than 5 documents/,
    ],
    [
      "calls without tools",
      turns(user(text("a")), assistant(use("1")), user(result("1"))),
      /toolConfig field must be defined/,
    ],
    [
      "an open call",
      { ...WITH_TOOL, ...turns(user(text("a")), assistant(use("1")), user(text("b"))) },
      /Expected toolResult blocks at messages\.2\.content for the following Ids: 1/,
    ],
    [
      "a stray result",
      { ...WITH_TOOL, ...turns(user(text("a")), assistant(text("b")), user(result("1"))) },
      /exceeds the number of toolUse blocks/,
    ],
    [
      "an id with a space",
      { ...WITH_TOOL, ...turns(user(text("a")), assistant(use("a b")), user(result("a b"))) },
      /\[a-zA-Z0-9_\.:-\]\+/,
    ],
    [
      "an id twice",
      { ...WITH_TOOL, ...turns(user(text("a")), assistant(use("1"), use("1")), user(result("1"))) },
      /toolUse ids must be unique/,
    ],
    [
      "a status",
      {
        ...WITH_TOOL,
        ...turns(user(text("a")), assistant(use("1")), user(result("1", { status: "error" }))),
      },
      /status field/,
      GLM,
    ],
    ["no tools in toolConfig", { toolConfig: { tools: [] } }, /minimum item count/],
    ["a tool twice", { toolConfig: { tools: [spec("f"), spec("f")] } }, /two tools of the same name/],
    [
      "a schema of a list",
      { toolConfig: { tools: [{ toolSpec: { name: "f", inputSchema: { json: { type: "array" } } } }] } },
      /must be one of the following: object/,
    ],
    [
      "a choice of no tool",
      { toolConfig: { tools: [spec("f")], toolChoice: { tool: { name: "g" } } } },
      /not among the tools/,
    ],
    [
      "a forced tool",
      { toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
      /^This model doesn't support the toolConfig\.toolChoice\.any field/,
      "cohere.command-r-v1:0",
    ],
    ["tools in a stream", WITH_TOOL, "This model doesn't support tool use in streaming mode.", LLAMA],
    ["tools", WITH_TOOL, "This model doesn't support tool use.", TITAN],
    ["system text", { system: [text("a")] }, /doesn't support system messages/, TITAN],
    [
      "stop sequences",
      { inferenceConfig: { stopSequences: ["a"] } },
      /doesn't support the stopSequences field/,
      GPT_OSS,
    ],
    ["too many tokens", { inferenceConfig: { maxTokens: 99_999 } }, /exceeds the model limit of 10000/, NOVA],
    [
      "a cache point",
      { system: [text("a"), POINT] },
      /unsupported model or your request did not allow prompt caching/,
      GLM,
    ],
    ["a cached tool", { toolConfig: { tools: [spec("f"), POINT] } }, /prompt caching/, NOVA],
    [
      "a title in a schema",
      {
        toolConfig: {
          tools: [{ toolSpec: { name: "f", inputSchema: { json: { type: "object", title: "x" } } } }],
        },
      },
      /extraneous key \[title\]/,
      NOVA,
    ],
    [
      "an odd model field",
      { additionalModelRequestFields: { thinking: {} } },
      /extraneous key \[thinking\]/,
      GLM,
    ],
    ["metadata with an umlaut", { requestMetadata: { a: "ü" } }, /requestMetadata/],
    [
      "Claude's own rules",
      { inferenceConfig: { temperature: 1, topP: 1 } },
      /^The model returned the following errors: `temperature` and `top_p` cannot both/,
    ],
    [
      "a made-up thought",
      turns(
        user(text("a")),
        assistant({ reasoningContent: { reasoningText: { text: "a", signature: "b" } } }, text("b")),
        user(text("c")),
      ),
      /Invalid `signature`/,
    ],
  ])("%s", async (_, body, message, model) => {
    await expectRefusal(await ask(body, model), message, [400, 403]);
  });

  it("are not the same for Converse and its stream", async () => {
    expect((await ask(WITH_TOOL, LLAMA, false)).status).toBe(200);
    expect((await ask({ guardrailConfig: { streamProcessingMode: "sync" } }, GLM)).status).toBe(200);
    expect((await ask({ guardrailConfig: { streamProcessingMode: "sync" } }, GLM, false)).status).toBe(400);
  });
});
