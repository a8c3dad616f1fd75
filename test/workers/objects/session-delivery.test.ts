/** What a socket gets of a session's frames when it does not read, or comes back: pages, order, nothing twice. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { frameLog, type LoggedFrame } from "../../../src/objects/frame-log.ts";
import { delivery, PAGE_BYTES } from "../../../src/objects/session/delivery.ts";
import { MEMORY_LIMIT, memoryCounter } from "../../../src/lib/memory.ts";
import { MAX_UNREAD_BYTES, NEW_PEER, type Peer, peer } from "../../../src/objects/session/peer.ts";
import { memoryRows } from "./frame-memory.ts";

const KIB = 1024;

function setup(options: { readonly paged?: boolean } = {}) {
  const { store } = memoryRows();
  const log = frameLog(store);
  const peers = new Set<Peer>();
  const running = new Set<number>();
  const sum = { bytes: 0 };
  const counter = memoryCounter();
  const flow = delivery({
    log,
    peers: () => peers,
    active: () => [...running],
    paged: options.paged ?? true,
  });
  const connect = () => {
    const texts: string[] = [];
    const closes: { code: number; reason: string }[] = [];
    const wire = {
      send: (text: string) => void texts.push(text),
      close: (code: number, reason: string) => void closes.push({ code, reason }),
    };
    const one = peer(wire, { sum, transit: counter.transit("alice") }, NEW_PEER, () => {});
    peers.add(one);
    /** The numbers of what it was sent. */
    const seqs = () => texts.map((text) => (text.startsWith("[") ? text : Number(text.slice(0, 8))));
    return { one, texts, closes, seqs, take: () => seqs().splice(0, texts.splice(0).length) };
  };
  const say = (turn: number, count: number, size = 20): LoggedFrame[] =>
    Array.from({ length: count }, () => {
      const frame = log.append(turn, (seq) => `${seq}`.padStart(8, "0").padEnd(size, "."));
      flow.send(frame);
      return frame;
    });
  const begin = (turn: number) => running.add(turn);
  const end = (turn: number) => {
    flow.send(log.done(turn));
    running.delete(turn);
    flow.end(turn);
  };
  /** A turn that nobody gets. */
  const past = (turn: number, count: number, size?: number) => {
    begin(turn);
    say(turn, count, size);
    end(turn);
  };
  return { log, flow, connect, say, begin, end, past, sum, counter };
}

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("frames of a session", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("go to the sockets that have their turn", () => {
    const { flow, connect, begin, say, end } = setup();
    const [one, other] = [connect(), connect()];
    begin(1);
    flow.join(one.one, 1);
    say(1, 2);
    end(1);
    expect([one.seqs(), other.seqs(), one.one.turns.size]).toEqual([[1, 2, "[DONE]"], [], 0]);
  });

  it("are resumed page by page, each after an ack, and then come live", () => {
    const { flow, connect, begin, say, end, past } = setup();
    past(1, 700, 64 * KIB);
    const perPage = PAGE_BYTES / (64 * KIB);
    const client = connect();
    flow.resume(client.one, 0);
    let last = 0;
    for (let page = 0; page < 10; page++) {
      expect(client.take()).toEqual(range(last + 1, last + perPage));
      last += perPage;
      // What is less than half a page is no reason for another one.
      flow.ack(client.one, last - perPage / 2 - 1);
      expect(client.take()).toEqual([]);
      begin(2);
      flow.ack(client.one, last);
    }
    expect(client.take()).toEqual([...range(last + 1, 700), "[DONE]"]);
    say(2, 1);
    end(2);
    expect(client.take()).toEqual([701, "[DONE]"]);
  });

  it("that are live join a resume where it has come to them", () => {
    const { flow, connect, begin, say, end, past } = setup();
    past(1, 100, 64 * KIB);
    const client = connect();
    begin(2);
    flow.join(client.one, 2);
    say(2, 1);
    flow.resume(client.one, 0);
    say(2, 1, 64 * KIB);
    expect(client.take()).toEqual([101, ...range(1, 64)]);
    flow.ack(client.one, 64);
    // 101 was on its way before.
    expect(client.take()).toEqual([...range(65, 100), "[DONE]", 102]);
    end(2);
    expect(client.take()).toEqual(["[DONE]"]);
  });

  it("are sent once, however often a socket asks to resume", () => {
    const { flow, connect, past, sum } = setup();
    past(1, 50, 64 * KIB);
    const client = connect();
    for (let i = 0; i < 40; i++) flow.resume(client.one, 0);
    expect(client.seqs()).toEqual([...range(1, 50), "[DONE]"]);
    past(2, 200, 64 * KIB);
    for (let i = 0; i < 40; i++) flow.resume(client.one, i);
    expect(client.seqs()).toHaveLength(51 + 64);
    expect(sum.bytes).toBeLessThanOrEqual(50 * 64 * KIB + PAGE_BYTES + 6);
    flow.resume(client.one, 0);
    flow.ack(client.one, 114);
    expect(client.seqs()).toHaveLength(51 + 64 + 64);
  });

  it("of a gap are sent, not what stands around it", () => {
    const { flow, connect, begin, say, end, past } = setup();
    const client = connect();
    for (const turn of [1, 3]) {
      begin(turn);
      flow.join(client.one, turn);
      say(turn, 2);
      end(turn);
      if (turn === 1) past(2, 2);
    }
    expect(client.take()).toEqual([1, 2, "[DONE]", 5, 6, "[DONE]"]);
    flow.resume(client.one, 2);
    expect(client.take()).toEqual([3, 4, "[DONE]"]);
  });

  it("of a turn that is asked for again come in its order, page by page", () => {
    const { flow, connect, past } = setup();
    past(1, 3);
    past(2, 100, 64 * KIB);
    past(3, 3);
    const client = connect();
    for (let round = 0; round < 2; round++) {
      flow.again(client.one, 2, { before: 3, anew: true });
      expect(client.take()).toEqual(range(4, 67));
      flow.ack(client.one, 67);
      expect(client.take()).toEqual([...range(68, 103), "[DONE]"]);
      expect(client.one.turns.size).toBe(0);
      flow.ack(client.one, 103);
    }
  });

  it("wait for an ack of a page for 30 s, then the client has to come again", () => {
    const { flow, connect, past } = setup();
    past(1, 200, 64 * KIB);
    const [patient, silent] = [connect(), connect()];
    for (const { one } of [patient, silent]) flow.resume(one, 0);
    vi.advanceTimersByTime(29_000);
    flow.ack(patient.one, 64);
    vi.advanceTimersByTime(2000);
    expect([patient.closes, silent.closes]).toEqual([[], [{ code: 1013, reason: expect.any(String) }]]);
    flow.ack(silent.one, 64);
    expect([patient.texts.length, silent.texts.length]).toEqual([128, 64]);
    flow.gone(patient.one);
    vi.advanceTimersByTime(60_000);
    expect(patient.closes).toEqual([]);
  });

  it("wait for room in the isolate", () => {
    const { flow, connect, past, counter } = setup();
    past(1, 20, 64 * KIB);
    const client = connect();
    const others = counter.hold("mallory");
    others.add(MEMORY_LIMIT + 16 * 2 ** 20);
    flow.resume(client.one, 0);
    vi.advanceTimersByTime(60_000);
    expect([client.texts, client.closes]).toEqual([[], []]);
    others.end();
    vi.advanceTimersByTime(1000);
    expect(client.seqs()).toEqual([...range(1, 20), "[DONE]"]);
  });

  it("come at once, up to the socket's limit, where they have no numbers to acknowledge", () => {
    const { flow, connect, past } = setup({ paged: false });
    past(1, 400, 64 * KIB);
    const client = connect();
    flow.again(client.one, 1, { before: 0, anew: true });
    expect(client.texts).toHaveLength(MAX_UNREAD_BYTES / (64 * KIB));
    expect(client.closes).toHaveLength(1);
  });
});
