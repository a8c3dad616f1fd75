import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bodyChunks,
  type NativeChunks,
  sseChunks,
} from "../../../../src/dialects/openai-chat/upstream/native-chunks.ts";

const chunk = (content: string, finish: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  own_field: 1,
});
const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

function read(chunks: NativeChunks, ...pieces: readonly string[]): unknown[] {
  const texts = [...pieces.flatMap((piece) => chunks.feed(piece)), ...chunks.end()];
  return texts.map((text): unknown => JSON.parse(text));
}

describe("sseChunks", () => {
  it("gives every chunk as it was sent, wherever the stream is split", () => {
    const text = `: hello\n\n${event(chunk("a"))}${event(chunk("é", "stop"))}data: [DONE]\n\n`;
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const chunks = sseChunks();
        const all = read(chunks, text.slice(0, from), text.slice(from, to), text.slice(to));
        expect(all).toEqual([chunk("a"), chunk("é", "stop")]);
        expect(chunks.complete).toBe(true);
      }),
    );
  });

  it.each([
    ["[DONE]", `${event(chunk("a"))}data: [DONE]\n\n`, true],
    ["a finish reason and no [DONE]", event(chunk("a", "stop")), true],
    ["a [DONE] without its blank line", `${event(chunk("a"))}data: [DONE]`, true],
    ["neither", event(chunk("a")), false],
    ["half an event", `${event(chunk("a"))}data: {"choi`, false],
    ["nothing", "", false],
  ])("calls an answer with %s complete or not", (_, text, complete) => {
    const chunks = sseChunks();
    read(chunks, text);
    expect(chunks.complete).toBe(complete);
    expect(chunks.failure).toBeUndefined();
  });

  it("is not complete before its end on a finish reason alone: usage may follow", () => {
    const chunks = sseChunks();
    chunks.feed(event(chunk("a", "stop")));
    expect(chunks.complete).toBe(false);
  });

  it("takes an upstream's error in its own words, and nothing behind it", () => {
    const chunks = sseChunks();
    const error = { error: { message: "broke" } };
    expect(read(chunks, event(chunk("a")), event(error), event(chunk("b")), "data: [DONE]\n\n")).toEqual([
      chunk("a"),
    ]);
    expect(chunks.complete).toBe(false);
    expect(chunks.failure?.passthrough?.body).toBe(JSON.stringify(error));
  });

  it.each([
    "data: <html>\n\n",
    "data: [1]\n\n",
    `${event(chunk("a"))}data: {\n\n${event(chunk("b"))}`,
    `data: {\n\ndata: [DONE]\n\n`,
  ])("refuses %j", (text) => {
    const chunks = sseChunks();
    read(chunks, text);
    expect([chunks.complete, chunks.failure?.code]).toEqual([false, "upstream_stream_invalid"]);
  });
});

describe("bodyChunks", () => {
  it("makes one chunk of a whole completion", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: "{}" } };
    const body = {
      id: "x",
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hi", tool_calls: [call] },
          finish_reason: "stop",
        },
      ],
    };
    const chunks = bodyChunks((text) => text.replace("Hi", "Ho"));
    const text = JSON.stringify(body);
    expect(read(chunks, text.slice(0, 9), text.slice(9))).toEqual([
      {
        id: "x",
        object: "chat.completion.chunk",
        choices: [
          {
            index: 0,
            delta: { role: "assistant", content: "Ho", tool_calls: [{ index: 0, ...call }] },
            finish_reason: "stop",
          },
        ],
      },
    ]);
    expect(chunks.complete).toBe(true);
  });

  it.each([
    ["{", "upstream_stream_invalid"],
    ["{}", "upstream_stream_invalid"],
    ['{"error":{}}', "upstream_error"],
  ])("fails for %s with %s", (text, code) => {
    const chunks = bodyChunks();
    expect(read(chunks, text)).toEqual([]);
    expect([chunks.complete, chunks.failure?.code]).toEqual([false, code]);
  });
});
