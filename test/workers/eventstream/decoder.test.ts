import type { MessageHeaderValue as SmithyHeaderValue } from "@smithy/eventstream-codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32 } from "../../../src/eventstream/crc32.ts";
import {
  EventStreamDecoder,
  EventStreamError,
  headerString,
  type Message,
} from "../../../src/eventstream/index.ts";
import { anyFrame, anySizes } from "./arbitraries.ts";
import { concat } from "../../support/bytes.ts";
import { chunkFrame, codec, cut, decode, prelude, rawFrame, referenceCrc32 } from "./support.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const EMPTY = Uint8Array.fromHex("000000100000000005c248eb7d98c8ff");
const CHUNK = Uint8Array.fromHex(
  "0000006b0000004b6ace012d0b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a226533303d227d3651dbfe",
);
const EXCEPTION = Uint8Array.fromHex(
  "0000008300000061a9d144e50d3a6d6573736167652d74797065070009657863657074696f6e0f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b226d657373616765223a22736c6f77227dd4f2b6a9",
);

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ascii = (characters: string): Uint8Array => new TextEncoder().encode(characters);

/** The only message of a stream that must hold exactly one. */
function only(bytes: Uint8Array): Message {
  const { messages, error } = decode([bytes]);
  expect(error).toBeUndefined();
  const [message, ...others] = messages;
  expect(others).toEqual([]);
  if (message === undefined) throw new Error("no message");
  return message;
}

/** What a call throws. */
function thrownBy(call: () => void): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

describe("known frames", () => {
  it("reads the empty message", () => {
    expect(only(EMPTY)).toEqual({ headers: {}, payload: new Uint8Array(0) });
  });

  it("reads a Bedrock chunk", () => {
    const message = only(CHUNK);
    expect(headerString(message, ":event-type")).toBe("chunk");
    expect(headerString(message, ":content-type")).toBe("application/json");
    expect(headerString(message, ":message-type")).toBe("event");
    expect(text(message.payload)).toBe('{"bytes":"e30="}');
  });

  it("reads an exception", () => {
    const message = only(EXCEPTION);
    expect(headerString(message, ":message-type")).toBe("exception");
    expect(headerString(message, ":exception-type")).toBe("throttlingException");
    expect(text(message.payload)).toBe('{"message":"slow"}');
  });

  it("fails on every flipped bit, and with the CRC that covers it", () => {
    for (const frame of [EMPTY, CHUNK, EXCEPTION]) {
      for (let bit = 0; bit < 8 * frame.length; bit++) {
        const flipped = frame.slice();
        flipped[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const error = bit < 8 * 12 ? "prelude_crc_mismatch" : "message_crc_mismatch";
        expect(decode([flipped]), `bit ${bit}`).toEqual({ messages: [], error });
      }
    }
  });

  it("fails when cut off anywhere inside a frame, after the whole frames before it", () => {
    const stream = concat([CHUNK, EXCEPTION]);
    for (let length = 1; length < stream.length; length++) {
      const { messages, error } = decode([stream.subarray(0, length)]);
      expect(messages).toHaveLength(length < CHUNK.length ? 0 : 1);
      expect(error).toBe(length === CHUNK.length ? undefined : "truncated");
    }
  });
});

describe("crc32", () => {
  const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  it("gives the check value", () => {
    expect(crc32(viewOf(ascii("123456789")), 0, 9)).toBe(0xcbf43926);
  });

  it("equals the definition for any range, whole or carried on", () => {
    const ranges = fc.uint8Array({ maxLength: 100 }).chain((bytes) => {
      const offset = fc.nat(bytes.length);
      return fc.tuple(fc.constant(bytes), offset, offset, offset);
    });
    fc.assert(
      fc.property(ranges, ([bytes, ...offsets]) => {
        const [start = 0, middle = 0, end = 0] = offsets.sort((a, b) => a - b);
        const expected = referenceCrc32(bytes.subarray(start, end));
        expect(crc32(viewOf(bytes), start, end)).toBe(expected);
        expect(crc32(viewOf(bytes), middle, end, crc32(viewOf(bytes), start, middle))).toBe(expected);
      }),
    );
  });
});

describe("any stream in any division", () => {
  it("gives what Amazon's encoder was given", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 6 }), anySizes, (frames, sizes) => {
        const { messages, error } = decode(cut(concat(frames.map(({ bytes }) => bytes)), sizes));
        expect(error).toBeUndefined();
        expect(
          messages.map(({ headers, payload }) => ({ headers: Object.entries(headers), payload })),
        ).toEqual(frames.map(({ headers, payload }) => ({ headers, payload })));
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same messages and the same fault when bytes are damaged", () => {
    const damage = fc.record({ at: fc.nat(), value: fc.integer({ min: 1, max: 255 }), lost: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 4 }),
        damage,
        anySizes,
        (frames, hit, sizes) => {
          const bytes = concat(frames.map((frame) => frame.bytes));
          const at = hit.at % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ hit.value;
          const stream = bytes.subarray(0, bytes.length - hit.lost);
          const whole = decode([stream]);
          expect(decode(cut(stream, sizes))).toEqual(whole);
          expect(decode(cut(stream, [1]))).toEqual(whole);
          if (hit.lost === 0) expect(whole.error).toBeDefined();
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("lengths and headers that lie", () => {
  it.each([
    ["a total below 16", prelude(15, 0), "invalid_length"],
    ["a total of 0", prelude(0, 0), "invalid_length"],
    ["headers longer than the frame", prelude(40, 25), "invalid_length"],
    ["headers of 4 GiB", prelude(40, 0xffffffff), "invalid_length"],
    ["a total of 4 GiB", prelude(0xffffffff, 0), "message_too_large"],
    ["headers above 128 KiB", prelude(128 * KIB + 17, 128 * KIB + 1), "message_too_large"],
    ["a payload above 24 MiB", prelude(24 * MIB + 17, 0), "message_too_large"],
    ["a wrong CRC", prelude(16, 0).with(11, 0), "prelude_crc_mismatch"],
  ] as const)("rejects %s at the 12th byte and not before", (_, bytes, code) => {
    expect(decode([bytes.subarray(0, 11)], { end: false }).error).toBeUndefined();
    expect(decode([bytes], { end: false }).error).toBe(code);
    expect(decode(cut(bytes, [1]), { end: false }).error).toBe(code);
  });

  it.each([
    ["headers of 128 KiB", prelude(128 * KIB + 16, 128 * KIB)],
    ["a payload of 24 MiB", prelude(24 * MIB + 16, 0)],
    ["headers that fill the frame", prelude(40, 24)],
  ])("goes on after %s", (_, bytes) => {
    expect(decode([bytes], { end: false }).error).toBeUndefined();
  });

  it.each([
    ["the name runs past the block", [5, ...ascii("abc")]],
    ["there is no type", [1, 97]],
    ["the type is unknown", [1, 97, 10]],
    ["the type is 255", [1, 97, 255]],
    ["the byte is missing", [1, 97, 2]],
    ["the short is cut", [1, 97, 3, 0]],
    ["the integer is cut", [1, 97, 4, 0, 0, 0]],
    ["the long is cut", [1, 97, 5, 0, 0, 0, 0, 0, 0, 0]],
    ["the length of a byte array is cut", [1, 97, 6, 0]],
    ["the byte array runs past the block", [1, 97, 6, 0, 2, 1]],
    ["the length of a string is cut", [1, 97, 7, 0]],
    ["the string runs past the block", [1, 97, 7, 0, 5, ...ascii("abcd")]],
    ["the timestamp is cut", [1, 97, 8, 0, 0, 0, 0, 0, 0, 0]],
    ["the uuid is cut", [1, 97, 9, ...Array.from({ length: 15 }, () => 0)]],
    ["a second header is cut", [1, 97, 0, 1]],
  ])("rejects a header block in which %s, whatever the payload holds", (_, block) => {
    const frame = rawFrame(Uint8Array.from(block), new Uint8Array(64));
    expect(decode([frame])).toEqual({ messages: [], error: "invalid_header" });
    expect(decode(cut(frame, [7]))).toEqual({ messages: [], error: "invalid_header" });
  });
});

describe("headers", () => {
  it("keeps the last of two with the same name", () => {
    const block = Uint8Array.from([1, 97, 2, 1, 1, 97, 7, 0, 1, 98]);
    expect(only(rawFrame(block)).headers).toEqual({ a: { type: "string", value: "b" } });
  });

  it("replaces bytes that are not UTF-8", () => {
    expect(headerString(only(rawFrame(Uint8Array.from([1, 97, 7, 0, 2, 0xc3, 0x28]))), "a")).toBe("\ufffd(");
  });

  it("keeps a byte order mark", () => {
    const headers = { a: { type: "string", value: "\ufeffb" } } as const;
    expect(only(codec.encode({ headers, body: new Uint8Array(0) })).headers).toEqual(headers);
  });

  it("takes a value of more than 32767 bytes", () => {
    const block = concat([Uint8Array.from([1, 97, 7, 0xff, 0xff]), new Uint8Array(65535).fill(98)]);
    expect(headerString(only(rawFrame(block)), "a")).toBe("b".repeat(65535));
  });

  it("has no header that was not sent", () => {
    const message = only(EMPTY);
    expect(Object.getPrototypeOf(message.headers)).toBeNull();
    expect(headerString(message, "constructor")).toBeUndefined();
  });

  it("gives only string headers as strings", () => {
    const uuid = "123e4567-e89b-12d3-a456-426614174000";
    const bytes = codec.encode({ headers: { id: { type: "uuid", value: uuid } }, body: new Uint8Array(0) });
    expect(only(bytes).headers).toEqual({ id: { type: "uuid", value: uuid } });
    expect(headerString(only(bytes), "id")).toBeUndefined();
  });

  it("are parsed once for frames that repeat them, and again when a byte differs", () => {
    const stream = concat([
      chunkFrame("1", "delta"),
      chunkFrame("2", "delta"),
      chunkFrame("3", "start"),
      EMPTY,
    ]);
    const { messages } = decode([stream]);
    const [first, second, third, fourth] = messages;
    expect(second?.headers).toBe(first?.headers);
    expect(messages.map((message) => headerString(message, ":event-type"))).toEqual([
      "delta",
      "delta",
      "start",
      undefined,
    ]);
    expect(third?.headers).not.toBe(first?.headers);
    expect(fourth?.headers).toEqual({});
  });

  /** Slices without copying, as Node's Buffer does. */
  class ViewingArray extends Uint8Array<ArrayBuffer> {
    override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
      return this.subarray(start, end);
    }
  }

  it.each([
    ["a plain array", (bytes: Uint8Array) => new Uint8Array(bytes)],
    ["an array that slices without copying", (bytes: Uint8Array) => ViewingArray.from(bytes)],
  ])("outlive the bytes they came in: %s", (_, copyOf) => {
    const header: SmithyHeaderValue = { type: "binary", value: ascii("bytes") };
    const bytes = codec.encode({ headers: { raw: header }, body: new Uint8Array(0) });
    const messages: Message[] = [];
    const decoder = new EventStreamDecoder((message) => messages.push(message));
    const buffer = copyOf(bytes);
    decoder.push(buffer);
    buffer.fill(0);
    decoder.push(bytes);
    const expected = { raw: { type: "byte_array", value: ascii("bytes") } };
    expect(messages.map(({ headers }) => headers)).toEqual([expected, expected]);
  });
});

describe("failing", () => {
  const collect = () => {
    const payloads: string[] = [];
    const decoder = new EventStreamDecoder(({ payload }) => payloads.push(text(payload)));
    return { payloads, decoder };
  };

  it("delivers the messages before the fault, throws, and throws the same ever after", () => {
    const { payloads, decoder } = collect();
    const broken = chunkFrame("3").fill(0, -1);
    const error = thrownBy(() =>
      decoder.push(concat([chunkFrame("1"), chunkFrame("2"), broken, chunkFrame("4")])),
    );
    expect(payloads).toEqual(["1", "2"]);
    expect(error).toBeInstanceOf(EventStreamError);
    expect(error).toMatchObject({ name: "EventStreamError", code: "message_crc_mismatch" });
    expect(thrownBy(() => decoder.push(chunkFrame("5")))).toBe(error);
    expect(thrownBy(() => decoder.push(new Uint8Array(0)))).toBe(error);
    expect(thrownBy(() => decoder.end())).toBe(error);
    expect(payloads).toEqual(["1", "2"]);
  });

  it("stays failed after a truncated end", () => {
    const { payloads, decoder } = collect();
    const frame = chunkFrame("1");
    decoder.push(frame.subarray(0, -1));
    const error = thrownBy(() => decoder.end());
    expect(error).toMatchObject({ code: "truncated" });
    expect(thrownBy(() => decoder.push(frame.subarray(-1)))).toBe(error);
    expect(payloads).toEqual([]);
  });

  it.each([
    ["in one chunk", [1000]],
    ["over several", [10]],
  ])("lets what the callback throws through, %s", (_, sizes) => {
    for (const thrown of [new Error("enough"), undefined]) {
      let calls = 0;
      const decoder = new EventStreamDecoder(() => {
        calls++;
        throw thrown;
      });
      const feed = () => {
        for (const chunk of cut(concat([chunkFrame("1"), chunkFrame("2")]), sizes)) decoder.push(chunk);
      };
      expect(thrownBy(feed)).toBe(thrown);
      expect(thrownBy(feed)).toBe(thrown);
      expect(thrownBy(() => decoder.end())).toBe(thrown);
      expect(calls).toBe(1);
    }
  });

  it("ends well, more than once, at a frame's end", () => {
    const { payloads, decoder } = collect();
    decoder.end();
    decoder.push(chunkFrame("1"));
    decoder.end();
    decoder.end();
    expect(payloads).toEqual(["1"]);
  });
});
