import { afterEach, describe, expect, it, vi } from "vitest";
import { EventStreamDecoder } from "../../../src/eventstream/index.ts";
import { concat } from "../../support/bytes.ts";
import { chunkFrame, codec, cut, prelude } from "./support.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Runs `job` and counts the bytes it allocates or copies in byte arrays, and its reads through data views. */
function countWork(job: () => void): { allocated: number; copied: number; reads: number } {
  const work = { allocated: 0, copied: 0, reads: 0 };
  const { set, slice, copyWithin } = Uint8Array.prototype;
  const { getInt32, getUint32, getUint8 } = DataView.prototype;
  const counted = <This, Args extends unknown[], Result>(method: (this: This, ...args: Args) => Result) =>
    function (this: This, ...args: Args): Result {
      work.reads++;
      return method.apply(this, args);
    };
  const patches = {
    bytes: {
      set(this: Uint8Array, source: ArrayLike<number>, offset?: number) {
        work.copied += source.length;
        set.call(this, source, offset);
      },
      slice(this: Uint8Array, start?: number, end?: number) {
        const copy = slice.call(this, start, end);
        work.copied += copy.length;
        return copy;
      },
      copyWithin(this: Uint8Array, target: number, start: number, end?: number) {
        work.copied += this.length;
        return copyWithin.call(this, target, start, end);
      },
    },
    view: { getInt32: counted(getInt32), getUint32: counted(getUint32), getUint8: counted(getUint8) },
  };
  vi.stubGlobal(
    "Uint8Array",
    new Proxy(Uint8Array, {
      construct(target, args: unknown[]) {
        const made = Reflect.construct(target, args);
        if (!(args[0] instanceof ArrayBuffer)) work.allocated += made.length;
        return made;
      },
    }),
  );
  Object.assign(Uint8Array.prototype, patches.bytes);
  Object.assign(DataView.prototype, patches.view);
  try {
    job();
  } finally {
    Object.assign(Uint8Array.prototype, { set, slice, copyWithin });
    Object.assign(DataView.prototype, { getInt32, getUint32, getUint8 });
    vi.unstubAllGlobals();
  }
  return work;
}

/** A decoder that keeps the payloads it is shown, uncopied. */
function collector() {
  const payloads: Uint8Array[] = [];
  return { payloads, decoder: new EventStreamDecoder(({ payload }) => payloads.push(payload)) };
}

afterEach(() => vi.unstubAllGlobals());

describe("work done on a frame", () => {
  it.each([
    ["24 MiB in chunks of 1 KiB", 24 * MIB, KIB],
    ["1 MiB in single bytes", MIB, 1],
  ])("is linear in its length: %s", (_, size, chunkSize) => {
    const payload = new Uint8Array(size);
    for (let at = 0; at < size; at += 997) payload[at] = at;
    const frame = codec.encode({ headers: { kind: { type: "string", value: "big" } }, body: payload });
    const { payloads, decoder } = collector();
    const work = countWork(() => {
      for (const chunk of cut(frame, [chunkSize])) decoder.push(chunk);
      decoder.end();
    });
    // Doubling copies a byte at most three times, and allocates at most three bytes for it. The CRC reads it once, in words.
    expect(work.copied).toBeLessThan(3 * frame.length + KIB);
    expect(work.copied).toBeGreaterThanOrEqual(frame.length);
    expect(work.allocated).toBeLessThan(3 * frame.length + KIB);
    expect(work.reads).toBeLessThan(frame.length / 4 + KIB);
    expect(payloads).toHaveLength(1);
    expect(payloads[0]?.every((byte, at) => byte === payload[at])).toBe(true);
  });

  it("copies nothing but the first header block of frames that lie within a chunk", () => {
    const frames = Array.from({ length: 100 }, (_, index) => chunkFrame(`payload ${index}`));
    const stream = concat(frames);
    const { payloads, decoder } = collector();
    const work = countWork(() => decoder.push(stream));
    expect(work).toMatchObject({ allocated: 75, copied: 0 });
    expect(payloads).toHaveLength(100);
    expect(payloads.every((payload) => payload.buffer === stream.buffer)).toBe(true);
  });

  it("copies only the frame on the seam of two chunks", () => {
    const frame = chunkFrame("payload");
    const stream = concat(Array.from({ length: 10 }, () => frame));
    const seam = 5 * frame.length + 20;
    const { payloads, decoder } = collector();
    const work = countWork(() => {
      decoder.push(stream.subarray(0, seam));
      decoder.push(stream.subarray(seam));
    });
    expect(payloads).toHaveLength(10);
    expect(payloads.filter((payload) => payload.buffer === stream.buffer)).toHaveLength(9);
    expect(work.copied).toBeLessThan(75 + 2 * frame.length);
  });

  it("sets no memory aside for a length that is only announced", () => {
    const { decoder } = collector();
    const work = countWork(() => {
      decoder.push(prelude(24 * MIB + 16, 0));
      for (let pushed = 0; pushed < 20; pushed++) decoder.push(new Uint8Array(100));
    });
    // The test's own arrays are 2000 bytes of it.
    expect(work.allocated).toBeLessThan(12 * KIB);
  });

  it("sets no memory aside for a frame above the limits", () => {
    const { decoder } = collector();
    const chunk = concat([prelude(32 * MIB, 0), new Uint8Array(MIB)]);
    const work = countWork(() => expect(() => decoder.push(chunk)).toThrow());
    expect(work).toMatchObject({ allocated: 0, copied: 0 });
  });
});
