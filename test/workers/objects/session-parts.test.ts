import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RouterError } from "../../../src/errors.ts";
import { chunkLog, type LogRow } from "../../../src/objects/session/chunk-log.ts";
import { collector } from "../../../src/objects/session/collect.ts";
import { errorText, withMember } from "../../../src/objects/session/frames.ts";
import { boundedMessages, newerHalf, type PastTurn } from "../../../src/objects/session/history.ts";
import { MAX_UNTAKEN_BYTES, peer } from "../../../src/objects/session/peer.ts";
import type { JsonObject } from "../../../src/chat/request.ts";

/** Rows in memory. */
function memoryLog() {
  const rows: LogRow[] = [];
  let reserved = 0;
  let floor = 0;
  const store = {
    reserved: () => reserved,
    reserve: (seq: number) => {
      reserved = seq;
    },
    append: (row: LogRow) => void rows.push(row),
    rowsFrom: (seq: number) => rows.filter(({ last }) => last >= seq),
    floor: () => floor,
  };
  const sink = (seq: number) => {
    floor = seq;
  };
  return { rows, store, sink };
}

describe("chunkLog", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("stores a row a second, or 64 KiB", () => {
    const { rows, store } = memoryLog();
    const log = chunkLog(store);
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
    const { store } = memoryLog();
    const log = chunkLog(store);
    log.append(1, String);
    log.settle();
    const next = chunkLog(store);
    expect(next.append(2, String).seq).toBe(2);
    for (let i = 0; i < 1500; i++) next.append(2, String);
    expect(chunkLog(store).append(3, String).seq).toBeGreaterThan(1502);
  });

  it("reaches from what is forgotten to the last frame", () => {
    const { store, sink } = memoryLog();
    const log = chunkLog(store);
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
        const { store } = memoryLog();
        const log = chunkLog(store);
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
      }),
    );
  });
});

describe("boundedMessages", () => {
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

describe("collector", () => {
  const chunk = (delta: object, index = 0) => JSON.stringify({ choices: [{ index, delta }] });
  it("puts text and calls together; an incomplete answer keeps only its text", () => {
    const said = collector();
    const calls = (...all: object[]) => chunk({ tool_calls: all });
    for (const json of [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Hel" }),
      chunk({ content: "other" }, 1),
      chunk({ content: "lo" }),
      calls({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }),
      calls({ index: 0, function: { arguments: '{"x"' } }, { index: 1, id: "b", function: { name: "g" } }),
      calls({ index: 0, function: { arguments: ":1}" } }),
      '{"choices":[],"usage":{}}',
      '{"error":{}}',
    ]) {
      said.add(json);
    }
    expect(said.message(false)).toEqual({ role: "assistant", content: "Hello" });
    expect(said.message(true)).toEqual({
      role: "assistant",
      content: "Hello",
      tool_calls: [
        { id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
        { id: "b", type: "function", function: { name: "g", arguments: "" } },
      ],
    });
    expect(collector().message(true)).toBeUndefined();
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

describe("peer", () => {
  function setup() {
    const sent: string[] = [];
    const closes: number[] = [];
    const wire = {
      send: (text: string) => void sent.push(text),
      close: (code: number) => void closes.push(code),
    };
    const changes: number[][] = [];
    return { sent, closes, changes, one: peer(wire, [3], (turns) => changes.push(turns)) };
  }
  const MIB = "x".repeat(2 ** 20);

  it("tells of the turns it joins and leaves", () => {
    const { one, changes } = setup();
    one.join(4);
    one.join(4);
    one.leave(3);
    one.leave(9);
    expect([...one.turns]).toEqual([4]);
    expect(changes).toEqual([[3, 4], [4]]);
  });

  it("without acks takes 16 MiB a turn", () => {
    const { one, sent, closes } = setup();
    for (let turn = 1; turn <= 3; turn++) for (let i = 0; i < 16; i++) one.send(turn, turn * 100 + i, MIB);
    expect(sent).toHaveLength(48);
    one.send(3, 400, "x");
    one.send(3, 401, "x");
    one.tell("x");
    expect(closes).toEqual([1013]);
    expect(sent).toHaveLength(48);
  });

  it("with acks takes 16 MiB beyond the last, over all turns", () => {
    const { one, sent, closes } = setup();
    one.ack(0);
    for (let seq = 1; seq <= 100; seq++) {
      one.send(seq, seq, MIB);
      if (seq > 10) one.ack(seq - 10);
    }
    expect(closes).toEqual([]);
    for (let seq = 101; seq <= 107; seq++) one.send(seq, seq, MIB);
    expect(closes).toEqual([1013]);
    expect(sent).toHaveLength(106);
    expect(MAX_UNTAKEN_BYTES).toBe(16 * MIB.length);
  });

  it.each([1024, 2 ** 18])("counts the bytes of UTF-8, in frames of %i three-byte characters", (length) => {
    const { one, sent, closes } = setup();
    const most = Math.floor(MAX_UNTAKEN_BYTES / (3 * length));
    for (let seq = 1; seq <= most; seq++) one.send(3, seq, "世".repeat(length));
    expect([sent.length, closes]).toEqual([most, []]);
    one.send(3, most + 1, "世".repeat(length));
    expect([sent.length, closes]).toEqual([most, [1013]]);
  });

  it("survives a socket that is closing", () => {
    const wire = {
      send: () => {
        throw new TypeError("closed");
      },
      close: () => {},
    };
    const one = peer(wire, [], () => {});
    one.send(1, 1, "x");
    one.tell("x");
    expect(one.turns.size).toBe(0);
  });
});
