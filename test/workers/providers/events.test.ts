import { describe, expect, it } from "vitest";
import type { Delta } from "../../../src/chat/delta.ts";
import { RouterError } from "../../../src/errors.ts";
import { eventDecoder } from "../../../src/providers/apis/events.ts";

const MIB = 2 ** 20;
const encoder = new TextEncoder();
/** 64 KiB of an event. */
const LARGE = encoder.encode(`data: ${"w".repeat(64 * 1024 - 8)}\n\n`);
const END = encoder.encode("data: end\n\n");

const text = (data: string): Delta[] => [{ type: "text", text: data }];
const read = (data: string): Delta[] =>
  data === "end" ? [{ type: "finish", reason: "stop" }] : text(data.slice(0, 1));

/** All deltas of so many MiB of events and an end. */
function decoded(streams: boolean, mib: number) {
  const held: number[] = [];
  const hold = { add: (bytes: number) => void held.push(bytes) };
  const decoder = eventDecoder({ name: "m", streams, hold }, read);
  const deltas: Delta[] = [];
  for (let count = 0; count < mib * 16; count++) deltas.push(...decoder.decode(LARGE));
  deltas.push(...decoder.decode(END), ...decoder.end());
  return { deltas, held: held.reduce((sum, bytes) => sum + bytes, 0) };
}

describe("server-sent events", () => {
  it("of a long answer that the client streams pass, and nothing of them is in hand", () => {
    const { deltas, held } = decoded(true, 40);
    expect(deltas).toHaveLength(40 * 16 + 1);
    expect(deltas.at(-1)).toEqual({ type: "finish", reason: "stop" });
    expect(held).toBe(0);
  });

  it("that nobody asked for are put together: bounded and in hand", () => {
    const { deltas, held } = decoded(false, 40);
    expect(deltas.length).toBeLessThanOrEqual(32 * 16 + 1);
    expect(deltas.at(-1)).toMatchObject({ type: "error", error: { code: "upstream_stream_invalid" } });
    expect(held).toBeGreaterThanOrEqual(2 * 32 * MIB);
  });

  it("lose nothing by what comes behind the finish, nor by half an event", () => {
    const decoder = eventDecoder({ name: "m", streams: true }, (data) =>
      data === "end" ? read(data) : [{ type: "error", error: new RouterError("upstream_error", data) }],
    );
    const deltas = [...decoder.decode(END), ...decoder.decode(encoder.encode("data: late\n\ndata: h"))];
    expect([...deltas, ...decoder.end()]).toEqual([{ type: "finish", reason: "stop" }]);
  });
});
