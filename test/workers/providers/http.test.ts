/** What both providers share: Retry-After, and bodies that are read up to a limit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLimited } from "../../../src/providers/limited.ts";
import { retryAfterSeconds } from "../../../src/providers/retry-after.ts";

const NOW = Date.parse("2026-11-22T10:00:00.500Z");
const utf8 = new TextEncoder();

describe("retryAfterSeconds", () => {
  const seconds = (value: string) => retryAfterSeconds(new Headers({ "retry-after": value }), NOW);

  it.each([
    ["0", 0],
    ["7", 7],
    [" 7 ", 7],
    ["1.2", 2],
    ["0.001", 1],
    ["86401", 86_400],
    ["9".repeat(400), 86_400],
    ["Sun, 22 Nov 2026 10:00:30 GMT", 30],
    ["Sunday, 22-Nov-26 10:00:30 GMT", 30],
    ["Sun, 22 Nov 2026 09:00:00 GMT", 0],
    ["Sun, 22 Nov 2099 10:00:00 GMT", 86_400],
  ])("%j is %i", (value, wanted) => {
    expect(seconds(value)).toBe(wanted);
  });

  it.each([
    "",
    " ",
    "-5",
    "+5",
    "1e3",
    "0x10",
    "5 seconds",
    "5, 10",
    "soon",
    "Sun, 99 Foo 2026",
    "NaN",
    "Infinity",
    "1.2.3",
    ".",
  ])("%j is nothing", (value) => {
    expect(seconds(value)).toBeUndefined();
  });

  it("is nothing without the header", () => {
    expect(retryAfterSeconds(new Headers())).toBeUndefined();
  });

  it("is a whole number up to a day or nothing, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.-+eE:, SunMonGT") }), (value) => {
        const wait = seconds(value);
        if (wait === undefined) return;
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(86_400);
      }),
    );
  });
});

describe("readLimited", () => {
  it("reads a whole body that is short enough, at any split", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 1, max: 9 }),
        async (text, size) => {
          const bytes = utf8.encode(text);
          const stream = new ReadableStream<Uint8Array>({
            start(controller) {
              for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
              controller.close();
            },
          });
          expect(await readLimited(new Response(stream), 1000)).toBe(text);
        },
      ),
    );
    expect(await readLimited(new Response(null), 1000)).toBe("");
  });

  it("stops at the limit, inside a character if need be, and lets go of the rest", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(utf8.encode("ab世")),
      cancel: () => {
        cancelled = true;
      },
    });
    expect(await readLimited(new Response(stream), 13)).toBe("ab世ab世ab");
    expect(cancelled).toBe(true);
  });

  it("gives what had come when the upstream broke off", async () => {
    let turn = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (turn++ === 0) controller.enqueue(utf8.encode('{"mess'));
        else controller.error(new Error("connection lost"));
      },
    });
    expect(await readLimited(new Response(stream), 1000)).toBe('{"mess');
  });
});
