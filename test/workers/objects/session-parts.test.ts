import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RouterError } from "../../../src/errors.ts";
import { DONE, frameLog, type LoggedFrame } from "../../../src/objects/frame-log.ts";
import { errorText, withMember } from "../../../src/objects/session/frames.ts";
import {
  answerSoFar,
  messagesOf,
  newerHalf,
  newestWithin,
  type PastTurn,
} from "../../../src/objects/session/history.ts";
import {
  MAX_UNREAD_BYTES,
  NEW_PEER,
  type Peer,
  type PeerState,
  peer,
} from "../../../src/objects/session/peer.ts";
import { sentFrames } from "../../../src/objects/session/sent-frames.ts";
import { MEMORY_LIMIT, memoryCounter } from "../../../src/lib/memory.ts";
import type { Delta } from "../../../src/chat/delta.ts";
import type { JsonObject } from "../../../src/chat/request.ts";
import { memoryRows } from "./frame-memory.ts";

describe("frameLog", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("stores a row a second, or 64 KiB", () => {
    const { rows, store } = memoryRows();
    const log = frameLog(store);
    for (let i = 0; i < 100; i++) log.append(1, (seq) => `{"seq":${seq}}`);
    expect(rows).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(rows.map(({ first, last }) => [first, last])).toEqual([[1, 100]]);
    for (let i = 0; i < 5; i++) log.append(1, () => "x".repeat(20_000));
    expect(rows.map(({ first, last }) => [first, last])).toEqual([
      [1, 100],
      [101, 104],
    ]);
    vi.advanceTimersByTime(5000);
    expect(rows).toHaveLength(3);
  });

  it("goes on without a gap after turns, and beyond all that was sent after a crash", () => {
    const { store } = memoryRows();
    const log = frameLog(store);
    log.append(1, String);
    log.settle();
    const next = frameLog(store);
    expect(next.append(2, String).seq).toBe(2);
    for (let i = 0; i < 1500; i++) next.append(2, String);
    expect(frameLog(store).append(3, String).seq).toBeGreaterThan(1502);
  });

  it("reaches from what is forgotten to the last frame", () => {
    const { store, sink } = memoryRows();
    const log = frameLog(store);
    for (let i = 0; i < 9; i++) log.append(1, String);
    sink(4);
    expect([3, 4, 9, 10].map(log.reaches)).toEqual([false, true, true, false]);
  });

  it("gives exactly what comes after any frame, wherever rows end", () => {
    const turns = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean(), fc.boolean()), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(turns, fc.nat(40), (plan, at) => {
        const { store } = memoryRows();
        const log = frameLog(store);
        const sent: { turn: number; seq: number; text: string }[] = [];
        for (const [turn, [count, complete, flush]] of plan.entries()) {
          for (let i = 0; i < count; i++) {
            sent.push(log.append(turn, (seq) => `{"n":${seq}}`));
            if (flush) log.flush();
          }
          if (complete && count > 0) sent.push(log.done(turn));
        }
        const after = Math.min(at, log.last);
        const expected = sent.filter(({ seq, text }) => seq > after || (text === "[DONE]" && seq === after));
        expect([...log.replay(after)]).toEqual(expected);
        for (const turn of plan.keys()) {
          expect([...log.replay(after, turn)]).toEqual(expected.filter((frame) => frame.turn === turn));
        }
      }),
    );
  });
});

interface Bounds {
  readonly system: string | undefined;
  readonly past: readonly PastTurn[];
  readonly input: readonly JsonObject[];
  readonly room: number;
}

function boundedMessages({ system, past, input, room }: Bounds): JsonObject[] {
  return messagesOf({ system, past: newestWithin(past.toReversed(), input, room), input });
}

describe("the conversation of a request", () => {
  const said = (number: number, text: string, answer: JsonObject = {}): PastTurn => ({
    number,
    input: [{ role: "user", content: text }],
    answer: { role: "assistant", content: "ok", ...answer },
  });
  const call = { tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }] };
  const results = (number: number): PastTurn => ({
    number,
    input: [{ role: "tool", tool_call_id: "c1", content: "r" }],
    answer: { role: "assistant", content: "seen" },
  });
  const input = [{ role: "user", content: "now" }];
  const contents = (messages: JsonObject[]) => messages.map(({ content }) => content);

  it("keeps the newest whole turns that fit, and the system message", () => {
    const past = [said(1, "a".repeat(400)), said(2, "b".repeat(400)), said(3, "c".repeat(400))];
    const bounded = (room: number) => contents(boundedMessages({ system: "S", past, input, room }));
    expect(bounded(1000)).toHaveLength(8);
    expect(bounded(210).map((text) => String(text)[0])).toEqual(["S", "b", "o", "c", "o", "n"]);
    expect(bounded(0)).toEqual(["S", "now"]);
    expect(contents(boundedMessages({ system: undefined, past: [], input, room: 0 }))).toEqual(["now"]);
  });

  it("reads no further back than fits", () => {
    let read = 0;
    function* endless(): Iterable<PastTurn> {
      for (;;) yield said(-read++, "a".repeat(400));
    }
    expect(newestWithin(endless(), input, 1000)).toHaveLength(9);
    expect(read).toBe(10);
  });

  it("counts a picture", () => {
    const image = { type: "image_url", image_url: { url: "data:" } };
    const past = [
      { number: 1, input: [{ role: "user", content: [image] }], answer: { role: "assistant", content: "" } },
    ];
    expect(boundedMessages({ system: undefined, past, input, room: 1000 })).toEqual(input);
  });

  it("does not part a tool call from its results", () => {
    const past = [said(1, "a".repeat(400)), said(2, "look", call), results(3)];
    expect(boundedMessages({ system: undefined, past, input, room: 40 })).toHaveLength(5);
    expect(boundedMessages({ system: undefined, past, input, room: 10 })).toEqual(input);
    const answering = results(3).input;
    const open = boundedMessages({ system: undefined, past: past.slice(0, 2), input: answering, room: 0 });
    expect(contents(open)).toEqual(["look", "ok", "r"]);
    expect(boundedMessages({ system: undefined, past: past.slice(2), input, room: 1e6 })).toEqual(input);
  });

  it("leaves out calls that nobody answered", () => {
    const past = [said(1, "look", { ...call, content: null }), said(2, "look", call)];
    expect(boundedMessages({ system: undefined, past, input, room: 1e6 })).toEqual([
      { role: "user", content: "look" },
      { role: "user", content: "look" },
      { role: "assistant", content: "ok" },
      ...input,
    ]);
  });

  it("halves down to nothing", () => {
    let past = [said(1, "a"), said(2, "b", call), results(3), said(4, "d")];
    const lengths: number[] = [];
    for (; past.length > 0; past = newerHalf(past)) lengths.push(past.length);
    expect(lengths).toEqual([4, 1]);
  });
});

describe("answerSoFar", () => {
  it("puts text and calls together; an incomplete answer keeps only its text", () => {
    const said = answerSoFar(() => {});
    const deltas: Delta[] = [
      { type: "reasoning", text: "hm" },
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
      { type: "tool_start", index: 0, id: "a", name: "f" },
      { type: "tool_arguments", index: 0, text: '{"x"' },
      { type: "tool_start", index: 2, id: "b", name: "g" },
      { type: "tool_arguments", index: 0, text: ":1}" },
      { type: "usage", usage: { promptTokens: 1, completionTokens: 1 } },
      { type: "finish", reason: "tool_calls" },
    ];
    expect(deltas.map((delta) => said.add(delta)).join("")).toBe("Hello");
    expect(said.message(false)).toEqual({ role: "assistant", content: "Hello" });
    expect(said.message(true)).toEqual({
      role: "assistant",
      content: "Hello",
      tool_calls: [
        { id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
        { id: "b", type: "function", function: { name: "g", arguments: "" } },
      ],
    });
    const refusing = answerSoFar(() => {});
    expect(refusing.message(true)).toBeUndefined();
    refusing.add({ type: "refusal", text: "No." });
    expect(refusing.message(true)).toEqual({ role: "assistant", content: "No." });
    const calling = answerSoFar(() => {});
    calling.add({ type: "tool_start", index: 0, id: "a", name: "f" });
    expect([calling.message(false), calling.message(true)?.content]).toEqual([undefined, null]);
  });
});

describe("frames", () => {
  it("put members in front of any object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const { seq: _, ...rest } = value;
        const json = withMember(JSON.stringify(rest), "seq", 7);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ ...rest, seq: 7 })));
      }),
    );
  });

  it("hand an upstream's refusal on in its own words", () => {
    const passed = (body: string) =>
      errorText(new RouterError("upstream_error", "ours", { passthrough: { status: 400, body } }));
    expect(passed('{"error":{"message":"theirs"},"x":1}')).toBe('{"error":{"message":"theirs"}}');
    expect(passed("<html>")).toContain("ours");
  });
});

describe("sentFrames", () => {
  const numbered = (seq: number): LoggedFrame => ({ turn: 1, seq, text: "{}" });
  const done = (seq: number): LoggedFrame => ({ turn: 1, seq, text: DONE });
  const range = (first: number, last: number) =>
    Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

  it("knows what was sent, whatever the order, and where the next gap is", () => {
    const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 16 });
    fc.assert(
      fc.property(seqs, fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }), (sent, ends) => {
        const frames = sentFrames();
        for (const seq of sent) frames.add(numbered(seq));
        for (const seq of ends) frames.add(done(seq));
        for (let seq = 1; seq <= 30; seq++) {
          expect(frames.has(numbered(seq))).toBe(sent.includes(seq));
          if (ends.includes(seq)) expect(frames.has(done(seq))).toBe(true);
        }
        for (let after = 0; after <= 30; after++) {
          const gap = range(after + 1, frames.upTo(after)).find((seq) => !sent.includes(seq));
          expect(gap).toBeUndefined();
        }
        const inOrder = sentFrames();
        for (const seq of sent.toSorted((a, b) => a - b)) inOrder.add(numbered(seq));
        for (let after = 0; after <= 30; after++) {
          const missing = range(after + 1, 31).find((seq) => !sent.includes(seq)) ?? 31;
          expect(inOrder.upTo(after)).toBe(missing - 1);
        }
      }),
    );
  });

  it("gives up the oldest gap of very many", () => {
    const frames = sentFrames();
    for (let turn = 1; turn <= 17; turn++) frames.add(numbered(3 * turn));
    expect(frames.ranges).toHaveLength(16);
    expect(frames.upTo(2)).toBe(6);
    expect(sentFrames(frames.ranges).last).toBe(51);
  });
});

describe("peer", () => {
  function setup(state: Partial<PeerState> = {}, counter = memoryCounter()) {
    const sent: string[] = [];
    const closes: number[] = [];
    const wire = {
      send: (text: string) => void sent.push(text),
      close: (code: number) => void closes.push(code),
    };
    const changes: PeerState[] = [];
    const sum = { bytes: 0 };
    const one = peer(wire, { sum, transit: counter.transit("alice") }, { ...NEW_PEER, ...state }, (changed) =>
      changes.push(changed),
    );
    const send = (turn: number, seq: number, text: string) => one.send({ turn, seq, text });
    return { sent, closes, changes, sum, one, send };
  }
  const MIB = "x".repeat(2 ** 20);

  it("tells of the turns it joins and leaves", () => {
    const { one, changes } = setup({ turns: [3] });
    one.join(4);
    one.join(4);
    one.leave(3);
    one.leave(9);
    expect([...one.turns]).toEqual([4]);
    expect(changes.map(({ turns }) => turns)).toEqual([[3, 4], [4]]);
  });

  it("without acks takes 16 MiB, however many turns they are", () => {
    const { one, send, sent, closes } = setup();
    for (let turn = 1; turn <= 3; turn++) for (let i = 0; i < 5; i++) send(turn, turn * 100 + i, MIB);
    one.took("other");
    send(4, 400, MIB);
    expect(sent).toHaveLength(16);
    send(4, 401, "x");
    send(4, 402, "x");
    one.refuse("x");
    expect(closes).toEqual([1013]);
    expect(sent).toHaveLength(16);
    expect(one.open).toBe(false);
  });

  it("believes a client that asks the next thing to have read, up to 64 MiB", () => {
    const { one, send, sent, closes, sum } = setup();
    for (let seq = 1; seq <= 100; seq++) {
      send(seq, seq, MIB);
      if (seq % 8 === 0) one.took("turn");
    }
    expect([sent.length, closes]).toEqual([64, [1013]]);
    expect(sum.bytes).toBe(0);
  });

  it("with acks takes 16 MiB beyond the last, over all turns", () => {
    const { one, send, sent, closes } = setup();
    one.ack(0);
    for (let seq = 1; seq <= 100; seq++) {
      send(seq, seq, MIB);
      if (seq > 10) one.ack(seq - 10);
      // Saying that it reads is what counts now.
      one.took("turn");
    }
    expect(closes).toEqual([]);
    for (let seq = 101; seq <= 107; seq++) send(seq, seq, MIB);
    expect(closes).toEqual([1013]);
    expect(sent).toHaveLength(106);
    expect(MAX_UNREAD_BYTES).toBe(16 * MIB.length);
  });

  it("is not freed by an ack of frames that come later", () => {
    const { one, send, sent, closes } = setup();
    one.ack(1000);
    for (let seq = 1; seq <= 20; seq++) send(1, seq, MIB);
    expect([sent.length, closes]).toEqual([16, [1013]]);
  });

  it.each([1024, 2 ** 18])("counts the bytes of UTF-8, in frames of %i three-byte characters", (length) => {
    const { send, sent, closes } = setup();
    const most = Math.floor(MAX_UNREAD_BYTES / (3 * length));
    for (let seq = 1; seq <= most; seq++) send(3, seq, "世".repeat(length));
    expect([sent.length, closes]).toEqual([most, []]);
    send(3, most + 1, "世".repeat(length));
    expect([sent.length, closes]).toEqual([most, [1013]]);
  });

  it("shares 32 MiB with all sockets of its session, closed ones included until they are gone", () => {
    const sum = { bytes: 0 };
    const closes: number[] = [];
    const open = () =>
      peer(
        { send: () => {}, close: (code) => closes.push(code) },
        { sum, transit: memoryCounter().transit("alice") },
        NEW_PEER,
        () => {},
      );
    const [one, two, three] = [open(), open(), open()];
    const fill = (socket: Peer) => {
      for (let seq = 1; seq <= 17; seq++) socket.send({ turn: 1, seq, text: MIB });
    };
    for (const socket of [one, two]) fill(socket);
    expect([closes.length, sum.bytes]).toEqual([2, 2 ** 25]);
    three.send({ turn: 1, seq: 1, text: "x" });
    expect(closes).toHaveLength(3);
    for (const socket of [one, two, three]) socket.gone();
    expect(sum.bytes).toBe(0);
  });

  it("closes where the isolate has no room; what is resumed waits", () => {
    const counter = memoryCounter();
    const { one, send, sent, closes } = setup({}, counter);
    counter.hold("mallory").add(MEMORY_LIMIT + 15 * MIB.length);
    expect(one.offer({ turn: 1, seq: 1, text: MIB })).toBe(true);
    expect(one.offer({ turn: 1, seq: 2, text: MIB })).toBe(false);
    expect([sent.length, one.open]).toEqual([1, true]);
    send(1, 2, MIB);
    expect([sent.length, closes]).toEqual([1, [1013]]);
  });

  it("counts its refusals: their bytes, and how many came in a row", () => {
    const { one, sent, closes } = setup();
    for (let i = 0; i < 19; i++) one.refuse("no");
    one.took("other");
    for (let i = 0; i < 19; i++) one.refuse("no");
    expect([closes, one.unread]).toEqual([[], 2 * 38]);
    one.ack(0);
    expect(one.unread).toBe(2 * 38);
    for (let i = 0; i < 200_000; i++) one.refuse("no");
    expect([closes, sent.length]).toEqual([[1008], 39]);
  });

  it("goes on where the memory of the object ended", () => {
    const first = setup();
    first.one.join(1);
    for (let seq = 1; seq <= 15; seq++) first.send(1, seq, MIB);
    first.one.leave(1);
    for (let i = 0; i < 5; i++) first.one.refuse("no");
    const state = first.changes.at(-1);
    const second = setup(structuredClone(state));
    expect(second.one.sent.upTo(0)).toBe(15);
    expect(second.sum.bytes).toBe(15 * MIB.length + 10);
    for (let i = 0; i < 15; i++) second.one.refuse("no");
    expect(second.closes).toEqual([1008]);
  });

  it("survives a socket that is closing", () => {
    const wire = {
      send: () => {
        throw new TypeError("closed");
      },
      close: () => {},
    };
    const one = peer(
      wire,
      { sum: { bytes: 0 }, transit: memoryCounter().transit("alice") },
      NEW_PEER,
      () => {},
    );
    one.send({ turn: 1, seq: 1, text: "x" });
    one.refuse("x");
    expect([one.turns.size, one.open]).toEqual([0, false]);
  });
});
