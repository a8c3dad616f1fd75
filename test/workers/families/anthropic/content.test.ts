/** Images and files in a conversation, and what holds for any conversation at all. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/chat/request.ts";
import {
  type Block,
  converse,
  OPUS_4_6,
  refused,
  result,
  SONNET_4,
  says,
  turns,
  user,
} from "../../../support/claude-requests.ts";

const PNG = "iVBORw0KGgoAAAANSUhEUg==";

describe("images and files", () => {
  const imagePart = (url: string) => ({ type: "image_url", image_url: { url } });
  const filePart = (file: JsonObject) => ({ type: "file", file });
  const first = (part: unknown) => turns([user([{ type: "text", text: "q" }, part])])[0]?.content[1];
  const code = (part: unknown) =>
    refused(SONNET_4, { messages: [user([{ type: "text", text: "q" }, part])] });

  it("sends images with the type that their bytes show", () => {
    expect(first(imagePart(`data:image/jpeg;base64,${PNG}`))).toEqual({
      type: "image",
      source: { type: "base64", media_type: "image/png", data: PNG },
    });
  });

  it("sends PDF and text files as documents", () => {
    const pdf = btoa("%PDF-1.4 x");
    expect(first(filePart({ filename: "a.pdf", file_data: `data:application/pdf;base64,${pdf}` }))).toEqual({
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: pdf },
      title: "a.pdf",
    });
    expect(first(filePart({ file_data: pdf }))).toMatchObject({ source: { media_type: "application/pdf" } });
    expect(first(filePart({ file_data: `data:text/plain;base64,${btoa("h\xc3\xa9")}` }))).toEqual({
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "hé" },
    });
  });

  it("refuses links, since Bedrock does not follow them", () => {
    const error = code(imagePart("https://example.com/a.png"));
    expect(error).toMatchObject({
      code: "unsupported_content",
      status: 400,
      param: "messages[0].content[1]",
    });
  });

  it.each([
    ["text for an image", imagePart(`data:image/png;base64,${btoa("hello world")}`), "unsupported_content"],
    ["a percent-encoded image", imagePart("data:image/svg+xml,%3Csvg%3E"), "invalid_value"],
    ["a broken image", imagePart("data:image/png;base64,%%%"), "invalid_value"],
    ["a file id", filePart({ file_id: "file-1" }), "unsupported_content"],
    ["an empty file", filePart({ filename: "x" }), "invalid_value"],
    ["a blank text file", filePart({ file_data: `data:text/plain;base64,${btoa(" ")}` }), "invalid_value"],
    [
      "a ZIP file",
      filePart({ file_data: `data:application/zip;base64,${btoa("PK\x03\x04")}` }),
      "unsupported_content",
    ],
    ["bytes that are not text", filePart({ file_data: btoa("\xff\xfe\xfd") }), "unsupported_content"],
    ["audio", { type: "input_audio", input_audio: {} }, "unsupported_content"],
  ])("refuses %s", (_case, part, expected) => {
    expect(code(part)).toMatchObject({ code: expected, param: "messages[0].content[1]", status: 400 });
  });

  it("refuses images for models that read text only, and outside user messages", () => {
    const image = imagePart(`data:image/png;base64,${PNG}`);
    const param = "messages[0].content[0]";
    expect(refused("anthropic.claude-v2:1", { messages: [user([image])] })).toMatchObject({
      code: "unsupported_content",
      param,
    });
    expect(refused(SONNET_4, { messages: [{ role: "system", content: [image] }, user("a")] })).toMatchObject({
      param,
    });
    expect(
      refused(SONNET_4, { messages: [{ role: "assistant", content: [image] }, user("a")] }),
    ).toMatchObject({ param });
  });
});

describe("any conversation", () => {
  // Text of every kind: blank, padded, with half surrogate pairs.
  const anyText = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom("", " ", "\n\n", "a \n", "\ud83d"),
  );
  const content = fc.oneof(
    anyText,
    fc.array(
      anyText.map((value) => ({ type: "text", text: value })),
      { maxLength: 3 },
    ),
  );
  const id = fc.constantFrom("a", "b", "call_0", "functions.f:0", "functions.f:1", "ü", "x y");
  const args = fc.oneof(fc.json({ maxDepth: 1 }), fc.string({ maxLength: 5 }));
  type Step = { role: string; content: unknown; calls: { id: string; args: string }[]; answer: number };
  const step: fc.Arbitrary<Step> = fc.record({
    role: fc.constantFrom("user", "assistant", "tool", "system", "developer"),
    content,
    calls: fc.array(fc.record({ id, args }), { maxLength: 3 }),
    answer: fc.nat(),
  });

  /** Messages in which every tool message names a call that came before. */
  function conversation(steps: readonly Step[]): JsonObject[] {
    const known: string[] = [];
    return steps.map(({ role, content: value, calls, answer }) => {
      const call = known[answer % Math.max(1, known.length)];
      if (role === "tool" && call !== undefined) return result(call, value);
      if (role !== "assistant") return { role: role === "tool" ? "user" : role, content: value };
      known.push(...calls.map((made) => made.id));
      return says(value, ...calls.map((made): [string, string] => [made.id, made.args]));
    });
  }

  const wire = (value: unknown): string[] => {
    const parts = Array.isArray(value) ? value.map((part: { text: string }) => part.text) : [String(value)];
    // White space that is not between two texts carries nothing and may go; what surrounds a blank half is compared bare.
    return parts.map((part) => part.toWellFormed().trim()).filter((part) => part !== "");
  };
  const textOf = (blocks: readonly Block[]): string[] => blocks.flatMap((block) => wire(block.text ?? ""));
  const textsOf = (messages: readonly JsonObject[], ...roles: string[]): string[] =>
    messages.filter(({ role }) => roles.includes(String(role))).flatMap((message) => wire(message.content));

  const arbitrary = fc.array(step, { maxLength: 10 }).map((steps) => conversation([{ ...OPENER }, ...steps]));
  const OPENER: Step = { role: "user", content: "Begin", calls: [], answer: 0 };

  it.each([SONNET_4, OPUS_4_6])("keeps Claude's rules and every text in order (%s)", (model) => {
    fc.assert(
      fc.property(arbitrary, (messages) => {
        const body = converse(messages, model);
        const of = (role: string) =>
          textOf(
            body.messages.filter((message) => message.role === role).flatMap((message) => message.content),
          );
        const added = (value: string) => value !== "Continue.";
        expect(textOf(body.system)).toEqual(textsOf(messages, "system", "developer"));
        expect(of("assistant")).toEqual(textsOf(messages, "assistant"));
        expect(of("user").filter(added)).toEqual(textsOf(messages, "user"));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps every result with a call of its id, and every call's arguments", () => {
    fc.assert(
      fc.property(arbitrary, (messages) => {
        const blocks = turns(messages).flatMap((message) => message.content);
        const results = blocks.filter(({ type, is_error }) => type === "tool_result" && is_error !== true);
        const seen = results.flatMap(({ content: value }) =>
          Array.isArray(value) ? textOf(value) : wire(value ?? ""),
        );
        expect(seen.sort()).toEqual(textsOf(messages, "tool").sort());
        const calls = messages.flatMap(({ tool_calls }) => (Array.isArray(tool_calls) ? tool_calls : []));
        expect(blocks.filter(({ type }) => type === "tool_use").length).toBe(calls.length);
      }),
      { numRuns: 300 },
    );
  });

  it("maps ids the same way when the conversation grows", () => {
    fc.assert(
      fc.property(arbitrary, (messages) => {
        const ids = (list: unknown[]) =>
          turns(list).flatMap((message) => message.content.flatMap((block) => block.id ?? []));
        expect(ids([...messages, user("more")])).toEqual(ids(messages));
      }),
      { numRuns: 100 },
    );
  });
});
