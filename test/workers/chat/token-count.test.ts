/** The guess at how many tokens a request has. */
import { describe, expect, it } from "vitest";
import { countTokens } from "../../../src/chat/token-count.ts";
import { parseMessages } from "../../../src/dialects/anthropic-messages/client/parse.ts";
import { imageSize } from "../../../src/lib/image-size.ts";
import type { JsonObject } from "../../../src/lib/json.ts";

const base64 = (...bytes: number[]): string =>
  new Uint8Array([...bytes, ...new Array<number>(16).fill(0)]).toBase64();
const chars = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const PNG = base64(
  ...chars("\x89PNG\r\n\x1a\n"),
  0,
  0,
  0,
  13,
  ...chars("IHDR"),
  0,
  0,
  5,
  0xa0,
  0,
  0,
  5,
  0xa0,
);

function count(content: unknown, more: JsonObject = {}): number {
  const body = { model: "m", messages: [{ role: "user", content }], ...more };
  return countTokens(parseMessages(body, new Headers(), { counting: true }));
}

describe("a count", () => {
  it("is never none, and grows with all that is sent", () => {
    const least = count("Hi");
    expect(least).toBeGreaterThan(0);
    expect(count("A longer text. ".repeat(100))).toBeGreaterThan(least + 375);
    expect(count("Hi", { system: "Be brief." })).toBeGreaterThan(least);
    const tools = [{ name: "f", description: "x".repeat(350), input_schema: { type: "object" } }];
    expect(count("Hi", { tools })).toBeGreaterThan(least + 450);
  });

  it("of other scripts is a token for each character at least", () => {
    expect(count("東".repeat(1000)) - count("")).toBeGreaterThanOrEqual(1000);
  });

  it("of an image goes by its size; one that is only a link counts as large", () => {
    const image = (source: JsonObject) => count([{ type: "image", source }]) - count([]);
    expect(image({ type: "base64", media_type: "image/png", data: PNG })).toBe(2765);
    expect(image({ type: "url", url: "https://example.com/a.png" })).toBe(4800);
    expect(image({ type: "base64", media_type: "image/png", data: "AAAA" })).toBe(4800);
  });

  it("of a document goes by its pages, or by its text", () => {
    const document = (source: JsonObject) => count([{ type: "document", source }]) - count([]);
    const pdf = btoa(`%PDF-1.7 /Type /Pages ${"<< /Type /Page >> ".repeat(4)}`);
    expect(document({ type: "base64", media_type: "application/pdf", data: pdf })).toBe(12_000);
    const scanned = btoa(`%PDF-1.7 ${"x".repeat(120_000)}`);
    expect(document({ type: "base64", media_type: "application/pdf", data: scanned })).toBe(9_000);
    expect(document({ type: "text", media_type: "text/plain", data: "x".repeat(3500) })).toBe(1000);
  });

  it("counts results, calls and thinking of the history", () => {
    const call = { type: "tool_use", id: "t", name: "f", input: { text: "x".repeat(300) } };
    const thought = { type: "thinking", thinking: "x".repeat(3500), signature: "EqQB" };
    const result = { type: "tool_result", tool_use_id: "t", content: "x".repeat(3500) };
    const messages = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [thought, call] },
      { role: "user", content: [result] },
    ];
    expect(count("", { messages })).toBeGreaterThan(2100);
  });
});

describe("the size of an image", () => {
  it.each([
    ["PNG", PNG, { width: 1440, height: 1440 }],
    ["GIF", base64(...chars("GIF89a"), 0x40, 1, 0xf0, 0), { width: 320, height: 240 }],
    [
      "JPEG",
      base64(0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc2, 0, 17, 8, 0, 100, 0, 200),
      { width: 200, height: 100 },
    ],
    [
      "lossy WebP",
      base64(...chars("RIFF____WEBPVP8 "), ...new Array<number>(10).fill(1), 0x40, 1, 0xf0, 0),
      { width: 320, height: 240 },
    ],
    [
      "lossless WebP",
      base64(...chars("RIFF____WEBPVP8L"), 0, 0, 0, 0, 0x2f, 0x3f, 0xc1, 0x3b, 0),
      { width: 320, height: 240 },
    ],
    [
      "extended WebP",
      base64(...chars("RIFF____WEBPVP8X"), ...new Array<number>(8).fill(0), 0x3f, 1, 0, 0xef, 0, 0),
      { width: 320, height: 240 },
    ],
    ["something else", btoa("x".repeat(100)), undefined],
    ["no base64", "%%%", undefined],
    ["a JPEG that ends early", base64(0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff), undefined],
  ])("%s", (_name, data, size) => {
    expect(imageSize(data)).toEqual(size);
  });
});
