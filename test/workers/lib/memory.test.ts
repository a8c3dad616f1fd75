import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Delta } from "../../../src/chat/delta.ts";
import { keptAnswer } from "../../../src/chat/kept-answer.ts";
import { MEMORY_LIMIT, memory, memoryCounter } from "../../../src/lib/memory.ts";
import {
  bodyOf,
  claudeAnswer,
  eventStream,
  playUpstream,
  refusal,
  START,
  textFrame,
} from "../../support/upstream.ts";
import { chat, envOf, quietLog } from "../support.ts";

const MIB = 2 ** 20;
beforeEach(() => void quietLog());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the counter", () => {
  it("adds up what all have in hand, and takes it off at their end", async () => {
    const counter = memoryCounter();
    const [one, other] = [counter.hold("a"), counter.hold("b")];
    await one.take(5);
    other.add(7);
    one.give(2);
    expect(counter.inHand).toBe(10);
    one.give(100);
    expect(counter.inHand).toBe(7);
    one.end();
    other.end();
    expect(counter.inHand).toBe(0);
    await one.take(5);
    other.end();
    expect(counter.inHand).toBe(0);
  });

  it("goes on until the work has settled, however it does", async () => {
    const counter = memoryCounter();
    const hold = counter.hold("a");
    await hold.take(5);
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    hold.until(first.promise);
    hold.until(second.promise);
    hold.end();
    first.resolve();
    await first.promise;
    expect(counter.inHand).toBe(5);
    second.reject(new Error("failed"));
    await second.promise.catch(() => {});
    expect(counter.inHand).toBe(0);
  });

  it("takes what is on its way to a socket for read as time passes, and when the client says so", () => {
    let now = 0;
    const counter = memoryCounter(() => now);
    const [one, other] = [counter.transit("a"), counter.transit("a")];
    for (let i = 0; i < 47; i++) expect(one.send(MIB)).toBe(true);
    expect([other.send(2 * MIB), counter.inHand]).toEqual([false, 47 * MIB]);
    now = 8000;
    expect([other.send(2 * MIB), counter.inHand]).toEqual([true, 47 * MIB]);
    one.read(40 * MIB);
    expect(counter.inHand).toBe(7 * MIB);
    one.read(40 * MIB);
    now = 60_000;
    expect([other.send(1), counter.inHand]).toEqual([true, 1]);
  });

  it("leaves room for sockets of clients that have little under way", () => {
    // What is under way leaves as time passes.
    vi.useFakeTimers();
    const counter = memoryCounter();
    const [many, few] = [counter.transit("a"), counter.transit("b")];
    while (many.send(MIB));
    expect(counter.inHand).toBe(MEMORY_LIMIT);
    expect([few.send(2 * MIB), few.send(1)]).toEqual([true, false]);
  });

  it("lets new work wait until there is room", async () => {
    vi.useFakeTimers();
    const counter = memoryCounter();
    const [full, next] = [counter.hold("a"), counter.hold("b")];
    await full.take(MEMORY_LIMIT);
    let taken = false;
    const waiting = next.take(3 * MIB).then(() => (taken = true));
    await vi.advanceTimersByTimeAsync(1000);
    expect(taken).toBe(false);
    full.end();
    await vi.advanceTimersByTimeAsync(100);
    await waiting;
    expect(counter.inHand).toBe(3 * MIB);
  });

  it("refuses it after 2 s, to be tried again, and has taken nothing", async () => {
    vi.useFakeTimers();
    const counter = memoryCounter();
    const [full, next] = [counter.hold("a"), counter.hold("b")];
    await full.take(MEMORY_LIMIT);
    const refused = expect(next.take(3 * MIB)).rejects.toMatchObject({
      ...{ code: "overloaded", status: 503, shouldRetry: true, retryAfter: 1 },
    });
    await vi.advanceTimersByTimeAsync(2100);
    await refused;
    expect(counter.inHand).toBe(MEMORY_LIMIT);
  });

  it("waits 2 s for all that a hold takes, not for each part of it", async () => {
    vi.useFakeTimers();
    const counter = memoryCounter();
    const [full, parts] = [counter.hold("a"), counter.hold("b")];
    await full.take(MEMORY_LIMIT);
    const first = parts.take(3 * MIB);
    await vi.advanceTimersByTimeAsync(1500);
    full.give(4 * MIB);
    await vi.advanceTimersByTimeAsync(50);
    await first;
    const second = expect(parts.take(3 * MIB)).rejects.toMatchObject({ code: "overloaded" });
    await vi.advanceTimersByTimeAsync(700);
    await second;
  });

  it("stops waiting when the client leaves", async () => {
    const counter = memoryCounter();
    await counter.hold("a").take(MEMORY_LIMIT);
    const client = new AbortController();
    const waiting = counter.hold("b").take(3 * MIB, client.signal);
    client.abort();
    await expect(waiting).rejects.toMatchObject({ code: "client_closed_request" });
  });

  it("keeps a reserve for clients that have little in hand", async () => {
    vi.useFakeTimers();
    const counter = memoryCounter();
    await counter.hold("a").take(MEMORY_LIMIT);
    const greedy = expect(counter.hold("a").take(1)).rejects.toMatchObject({ code: "overloaded" });
    await counter.hold("b").take(MIB);
    await counter.hold("b").take(MIB);
    const more = expect(counter.hold("b").take(1)).rejects.toMatchObject({ code: "overloaded" });
    await vi.advanceTimersByTimeAsync(2100);
    await Promise.all([greedy, more]);
  });

  it("lets through what is larger than the limit where nothing else is in hand", async () => {
    const counter = memoryCounter();
    const hold = counter.hold("a");
    await hold.take(10);
    await hold.take(2 * MEMORY_LIMIT);
    expect(counter.inHand).toBe(2 * MEMORY_LIMIT + 10);
    expect(() => counter.hold("b").add(1)).toThrow(/too much in hand/);
  });
});

describe("an answer that is kept to its end", () => {
  const text = (chars: number): Delta => ({ type: "text", text: "x".repeat(chars) });

  it("counts as often as it is there, thoughts too", () => {
    const counter = memoryCounter();
    const kept = keptAnswer(counter.hold("a"), 3);
    kept(text(1000));
    kept({ type: "finish", reason: "stop" });
    kept({ type: "reasoning_block", block: { kind: "redacted", data: "y".repeat(1000) } });
    expect(counter.inHand).toBeGreaterThan(6000);
    expect(counter.inHand).toBeLessThan(6200);
  });

  it("ends where it alone would fill the isolate", () => {
    const kept = keptAnswer(undefined, 4);
    const grow = () => {
      for (let mebibytes = 0; mebibytes < 13; mebibytes++) kept(text(MIB));
    };
    expect(grow).toThrow(
      expect.objectContaining({
        code: "upstream_stream_invalid",
        message: expect.stringMatching(/ 12582912 /),
      }),
    );
  });

  it("ends where there is no room beside what others have in hand", () => {
    const counter = memoryCounter();
    counter.hold("b").add(1);
    const kept = keptAnswer(counter.hold("a"), 4);
    const grow = () => {
      for (let mebibytes = 0; mebibytes < 11; mebibytes++) kept(text(MIB));
    };
    expect(grow).not.toThrow();
    const others = keptAnswer(counter.hold("a"), 4);
    const more = () => {
      for (let mebibytes = 0; mebibytes < 11; mebibytes++) others(text(MIB));
    };
    expect(more).toThrow(expect.objectContaining({ code: "overloaded" }));
    // Of the reserve, half is for those who have little.
    expect(() => counter.hold("c").add(2 * MIB)).not.toThrow();
  });
});

describe("a request gives back what it took", () => {
  const long = { messages: [{ role: "user", content: "x".repeat(100_000) }] };
  /** What earlier requests have in hand, which nobody read to their end. */
  let before = 0;
  beforeEach(() => {
    before = memory.inHand;
  });
  const settled = () => vi.waitFor(() => expect(memory.inHand).toBeLessThanOrEqual(before));

  it.each([
    ["answered", () => playUpstream(claudeAnswer("Hello")), long],
    ["answered as a stream", () => playUpstream(claudeAnswer("Hello")), { ...long, stream: true }],
    ["refused by the model", () => playUpstream(refusal(400, "ValidationException", "no")), long],
    ["wrong", () => playUpstream(), { ...long, temperature: 9 }],
    ["too deep", () => playUpstream(), { messages: [{ x: JSON.parse("[".repeat(300) + "]".repeat(300)) }] }],
  ])("when it was %s", async (_, play, body) => {
    play();
    const response = await chat(envOf(), body);
    await response.text();
    await settled();
  });

  it("when its stream ended, not before", async () => {
    const body = bodyOf([START, textFrame("Hel")], false);
    playUpstream(eventStream(body));
    const response = await chat(envOf(), { ...long, stream: true });
    expect(memory.inHand).toBeGreaterThan(before + 200_000);
    body.end();
    await response.text();
    await settled();
  });

  it.each([false, true])("when its client left (stream: %s)", async (stream) => {
    const client = new AbortController();
    playUpstream(eventStream(bodyOf([START], false)));
    const answer = chat(envOf(), { ...long, stream }, { signal: client.signal });
    await vi.waitFor(() => expect(memory.inHand).toBeGreaterThan(before));
    client.abort();
    await answer.then((response) => response.body?.cancel());
    await settled();
  });
});
