import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkBytes } from "../../../../src/providers/bedrock/chunk-bytes.ts";

const utf8 = new TextEncoder();
const payloadOf = (base64: string, more = ',"p":"abcd"') => utf8.encode(`{"bytes":"${base64}"${more}}`);

/** What JSON and the platform's base64 make of a payload; undefined where they refuse it. */
function slowly(payload: Uint8Array): Uint8Array | undefined {
  try {
    const { bytes } = JSON.parse(new TextDecoder().decode(payload));
    return Uint8Array.fromBase64(bytes);
  } catch {
    return undefined;
  }
}

describe("chunkBytes", () => {
  it("gives the bytes of every chunk as Bedrock writes it, alone and with padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom("", ',"p":"abcd"'), (bytes, more) => {
        expect(chunkBytes(payloadOf(bytes.toBase64(), more))).toEqual(bytes);
      }),
    );
  });

  it("reads a payload that lies within other bytes", () => {
    const frame = utf8.encode(`xx{"bytes":"${btoa("Hello")}"}yy`);
    expect(chunkBytes(frame.subarray(2, -2))).toEqual(utf8.encode("Hello"));
  });

  it("gives what JSON and base64 give, or nothing, whichever byte before the padding is damaged", () => {
    const whole = payloadOf(btoa('{"a":1}'));
    const padding = whole.indexOf(",".charCodeAt(0));
    for (let at = 0; at <= padding; at++) {
      for (let byte = 0; byte <= 255; byte++) {
        const damaged = whole.slice();
        damaged[at] = byte;
        const read = chunkBytes(damaged);
        if (read !== undefined) expect(read).toEqual(slowly(damaged));
      }
    }
  });

  it.each([
    ["another key first", '{"p":"abcd","bytes":"QUJD"}'],
    ["blanks", '{ "bytes":"QUJD"}'],
    ["an escape", String.raw`{"bytes":"QUJ\u0044"}`],
    ["no padding", '{"bytes":"QUI"}'],
    ["too much padding", '{"bytes":"Q==="}'],
    ["padding in the middle", '{"bytes":"QQ==QUJD"}'],
    ["a character beyond the alphabet", '{"bytes":"QUJ_"}'],
    ["a number", '{"bytes":7}'],
    ["no end of the text", '{"bytes":"QUJD}'],
    ["no end of the object", '{"bytes":"QUJD"'],
    ["something behind the text", '{"bytes":"QUJD"x}'],
    ["something behind the object", '{"bytes":"QUJD"}{}'],
    ["nothing at all", ""],
  ])("leaves a payload with %s to others", (_, payload) => {
    expect(chunkBytes(utf8.encode(payload))).toBeUndefined();
  });

  it("leaves large payloads to others: its buffer is never larger", () => {
    const bytes = new Uint8Array(12_000).fill(65);
    expect(chunkBytes(payloadOf(bytes.toBase64()))).toEqual(bytes);
    expect(chunkBytes(payloadOf(new Uint8Array(12_400).toBase64()))).toBeUndefined();
  });
});
