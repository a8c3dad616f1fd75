import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Delta, DeltaSource } from "../../../src/chat/delta.ts";
import { RouterError } from "../../../src/errors.ts";
import type { Relay, RelayRead, Watched } from "../../../src/chat/relay.ts";
import type { AnswerEncoder } from "../../../src/chat/dialect.ts";
import { openaiChat } from "../../../src/dialects/index.ts";
import { KEEP_ALIVE_MS, sseWriter } from "../../../src/http/sse.ts";
import { bodyOf, fedBody } from "../../support/upstream.ts";
import { sseEvents, streamedAnswer } from "../../support/wire.ts";
import { settle } from "../support.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const FINISH: Delta = { type: "finish", reason: "stop" };
const FAILED: Delta = { type: "error", error: new RouterError("upstream_truncated", "It broke off.") };
const text = (value: string): Delta => ({ type: "text", text: value });
const utf8 = new TextEncoder();

function chunks(): AnswerEncoder {
  const { stream } = openaiChat.parse({ messages: [{ role: "user", content: "Hi" }] }, new Headers());
  return stream({ id: "1", created: 1, model: "claude" });
}

/** A source that gives these reads, then ends. */
function sourceOf(reads: readonly (readonly Delta[])[]): DeltaSource {
  const left = [...reads];
  return { next: async () => left.shift(), cancel: () => left.splice(0) };
}

/** A source in the test's hand. */
function manualSource() {
  const waiting: ((deltas: readonly Delta[] | undefined) => void)[] = [];
  const state = { reads: 0, cancelled: 0 };
  const source: DeltaSource = {
    next: () => {
      state.reads++;
      return new Promise((resolve) => waiting.push(resolve));
    },
    cancel: () => {
      state.cancelled++;
      waiting.shift()?.(undefined);
    },
  };
  return {
    source,
    state,
    give: (...deltas: Delta[]) => waiting.shift()?.(deltas),
    end: () => waiting.shift()?.(undefined),
  };
}

/** Reads what is there now, as text. */
async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return new TextDecoder().decode(value);
}

/** Counts writes, and the most that were under way together. */
function watchWrites() {
  const seen = { count: 0, underway: 0, most: 0 };
  const { write } = WritableStreamDefaultWriter.prototype;
  vi.spyOn(WritableStreamDefaultWriter.prototype, "write").mockImplementation(async function (
    this: WritableStreamDefaultWriter,
    chunk: unknown,
  ) {
    seen.count++;
    seen.most = Math.max(seen.most, ++seen.underway);
    try {
      await write.call(this, chunk);
    } finally {
      seen.underway--;
    }
  });
  return seen;
}

describe("an answer's events", () => {
  const answer = async (head: readonly Delta[], ...reads: (readonly Delta[])[]) => {
    const writer = sseWriter();
    const written = writer.pump(head, sourceOf(reads), chunks());
    const read = streamedAnswer(await new Response(writer.readable).text());
    await written;
    return read;
  };

  it("are its chunks and [DONE]", async () => {
    const read = await answer([text("Hel")], [text("lo")], [], [FINISH]);
    expect(read).toMatchObject({ text: "Hello", finish: "stop", done: true });
    expect(read.error).toBeUndefined();
  });

  it("end in an error event without [DONE] when it fails, what came before it standing", async () => {
    const read = await answer([text("Hel")], [text("lo"), FAILED]);
    expect(read).toMatchObject({ text: "Hello", done: false, error: { code: "upstream_truncated" } });
  });

  it("have no [DONE] when they end without a finish delta", async () => {
    expect(await answer([text("Hel")])).toMatchObject({ text: "Hel", done: false });
  });

  it("end in [DONE] if and only if the answer is complete, with all its text, for any division", async () => {
    const end = fc.constantFrom<Delta[]>([], [FINISH], [FAILED], [FINISH, FAILED]);
    const reads = fc.array(fc.array(fc.string().map(text), { maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(reads, end, fc.boolean(), async (parts, last, ownRead) => {
        const all = ownRead ? [...parts, last] : [...parts.slice(0, -1), [...(parts.at(-1) ?? []), ...last]];
        const [head = [], ...rest] = all;
        const read = await answer(head, ...rest);
        const failed = last.includes(FAILED);
        expect(read.done).toBe(last.length === 1 && !failed);
        expect(read.error !== undefined).toBe(failed);
        expect(read.text).toBe(
          parts
            .flat()
            .map((delta) => ("text" in delta ? delta.text : ""))
            .join(""),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("end in the dialect's error event where there is no answer", async () => {
    const writer = sseWriter();
    const error = new RouterError("upstream_unavailable", "Nobody answers.");
    const closed = writer.fail(error, chunks());
    expect(sseEvents(await new Response(writer.readable).text())).toEqual([
      { data: JSON.stringify(error.toBody()) },
    ]);
    await closed;
  });
});

describe("a relay", () => {
  const seen = { usage: undefined, chars: 0, failure: undefined, told: false, complete: true };
  const relayOf = (reads: readonly string[], watched: Partial<Watched> = {}): Relay => {
    const left = reads.map((part): RelayRead => ({ bytes: utf8.encode(part), begun: true }));
    return {
      dialect: "openai-chat",
      contentType: "text/event-stream",
      async each(take) {
        for (let read = left.shift(); read; read = left.shift()) {
          const wait = take(read);
          if (wait === false) return;
          await wait;
        }
      },
      cancel: () => void left.splice(0),
      watch: () => ({ ...seen, ...watched }),
    };
  };
  const written = async (head: readonly string[], rest: readonly string[], watched?: Partial<Watched>) => {
    const writer = sseWriter();
    const done = writer.relay(
      head.map((part) => ({ bytes: utf8.encode(part), begun: true })),
      relayOf(rest, watched),
      chunks(),
    );
    const all = await new Response(writer.readable).text();
    await done;
    return all;
  };
  const failure = new RouterError("upstream_truncated", "It broke off.");
  const event = `data: ${JSON.stringify(failure.toBody())}\n\n`;

  it("is its bytes", async () => {
    const parts = ["data: 1\r\n\r\n", "\ufeff: c\n", "data: é\n\n", "", "data: [DO", "NE]\n\n"];
    expect(await written(parts.slice(0, 2), parts.slice(2))).toBe(parts.join(""));
  });

  it.each([
    ["an event", ["data: 1\n\n"], ""],
    ["an event whose end comes by itself", ["data: 1\n", "\n"], ""],
    ["an event in the lines of Windows", ["data: 1\r\n", "\r\n"], ""],
    ["a line of one", ["data: 1\n"], "\n"],
    ["half a line", ["data: 1\n\nda"], "\n\n"],
  ])("that fails behind %s ends in an error event of its own", async (_, parts, gap) => {
    expect(await written(parts, [], { failure })).toBe(`${parts.join("")}${gap}${event}`);
  });

  it("that tells of its failure itself gets no second error", async () => {
    expect(await written([event], [], { failure, told: true })).toBe(event);
  });

  it("has its silences filled between events only", async () => {
    vi.useFakeTimers();
    const waiting: ((read: RelayRead | undefined) => void)[] = [];
    const give = (part?: string) =>
      waiting.shift()?.(part === undefined ? undefined : { bytes: utf8.encode(part), begun: true });
    const next = () => new Promise<RelayRead | undefined>((resolve) => waiting.push(resolve));
    const relay: Relay = {
      ...relayOf([]),
      async each(take) {
        for (let read = await next(); read; read = await next()) take(read);
      },
    };
    const writer = sseWriter();
    const done = writer.relay([{ bytes: utf8.encode("data: 1\n"), begun: true }], relay, chunks());
    const all = new Response(writer.readable).text();
    await vi.advanceTimersByTimeAsync(2 * KEEP_ALIVE_MS);
    give("\n");
    await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
    give("data: 2\n\n");
    await vi.advanceTimersByTimeAsync(10);
    give();
    await vi.advanceTimersByTimeAsync(10);
    expect(await all).toBe("data: 1\n\n: keep-alive\ndata: 2\n\n");
    await done;
  });

  it("is let go of when the client leaves", async () => {
    const cancel = vi.fn();
    const writer = sseWriter();
    const done = writer.relay(
      [{ bytes: utf8.encode("data: 1\n\n"), begun: true }],
      {
        ...relayOf(["data: 2\n\n"]),
        cancel,
      },
      chunks(),
    );
    await writer.readable.cancel();
    await done;
    expect(cancel).toHaveBeenCalled();
  });
});

describe("output", () => {
  it("goes out at once, and in a burst shortly after, without waiting for more", async () => {
    const { source, give, end } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const reader = writer.readable.getReader();
    expect(await readText(reader)).toContain('"content":"a"');
    give(text("b"));
    await Promise.resolve();
    give(text("c"));
    let more = "";
    while (!more.includes('"content":"c"')) more += await readText(reader);
    expect(more).toContain('"content":"b"');
    give(FINISH);
    expect(await readText(reader)).toContain('"finish_reason":"stop"');
    end();
    expect(await readText(reader)).toBe("data: [DONE]\n\n");
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await written;
  });

  it("is one write for all that comes within 2 ms, though the client could take each piece", async () => {
    vi.useFakeTimers();
    const seen = watchWrites();
    const { source, give, end } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const received = new Response(writer.readable).text();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.count).toBe(1);
    for (let i = 0; i < 50; i++) {
      give(text("b"));
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(seen.count).toBe(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(seen.count).toBe(2);
    await vi.advanceTimersByTimeAsync(3);
    give(text("c"));
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.count).toBe(3);
    give(FINISH);
    await vi.advanceTimersByTimeAsync(0);
    end();
    expect(streamedAnswer(await received)).toMatchObject({ text: `a${"b".repeat(50)}c`, done: true });
    await written;
    expect(seen).toEqual({ count: 4, underway: 0, most: 1 });
  });

  it("waits for the rest of a burst though the write before it has ended", async () => {
    vi.useFakeTimers();
    const seen = watchWrites();
    const { source, give, end } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const reader = writer.readable.getReader();
    await vi.advanceTimersByTimeAsync(0);
    give(text("b"));
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toMatchObject({ count: 1, underway: 1 });
    expect(await readText(reader)).toContain('"content":"a"');
    give(text("c"));
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toMatchObject({ count: 1, underway: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toMatchObject({ count: 2, underway: 1 });
    expect(await readText(reader)).toMatch(/"content":"b".*"content":"c"/s);
    await vi.advanceTimersByTimeAsync(0);
    end();
    await reader.cancel();
    await written;
  });

  it("is one write under way at most for a slow reader", async () => {
    const seen = watchWrites();
    const { source, give, end, state } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    for (let i = 0; i < 20; i++) {
      give(text("b"));
      await settle();
    }
    expect(state.reads).toBe(21);
    expect(seen).toEqual({ count: 1, underway: 1, most: 1 });
    give(FINISH);
    await settle();
    end();
    expect(streamedAnswer(await new Response(writer.readable).text())).toMatchObject({
      text: `a${"b".repeat(20)}`,
      done: true,
    });
    await written;
    expect(seen.most).toBe(1);
  });

  it("waits for a paused reader: nothing is read while 64 KiB are pending", async () => {
    const perRead = 1000;
    let reads = 0;
    const source: DeltaSource = {
      next: async () => (++reads > 1000 ? undefined : [text("x".repeat(perRead))]),
      cancel() {},
    };
    const writer = sseWriter();
    const written = writer.pump([text("start")], source, chunks());
    await settle();
    const paused = reads;
    // A read's text and its chunk's frame; one more read than fits is what tells that it does not.
    expect(paused * perRead).toBeLessThanOrEqual(65_536 + perRead);
    expect(paused * (perRead + 200)).toBeGreaterThan(65_536);
    await settle();
    expect(reads).toBe(paused);

    const reader = writer.readable.getReader();
    let received = "";
    while (reads === paused) received += await readText(reader);
    await settle();
    expect(reads).toBeGreaterThan(paused);
    expect(reads * perRead).toBeLessThanOrEqual(received.length + 2 * (65_536 + 2 * perRead));
    await reader.cancel();
    await written;
  });
});

describe("a client that leaves", () => {
  it("lets go of the source at once while a write is under way", async () => {
    const { source, state } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    await settle();
    await writer.readable.cancel();
    await writer.gone;
    await written;
    expect(state).toEqual({ reads: 1, cancelled: 1 });
  });

  it("is noticed at the next write when it left in a silence", async () => {
    const { source, state, give } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const reader = writer.readable.getReader();
    await readText(reader);
    await reader.cancel();
    give(text("b"));
    await writer.gone;
    await written;
    expect(state.cancelled).toBe(1);
  });

  it("is noticed at the latest with the next comment", async () => {
    vi.useFakeTimers();
    const { source, state } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const reader = writer.readable.getReader();
    await readText(reader);
    await reader.cancel();
    expect(state.cancelled).toBe(0);
    await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
    await writer.gone;
    await written;
    expect(state.cancelled).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not one that has read the answer to its end", async () => {
    const writer = sseWriter();
    const gone = vi.fn();
    writer.gone.then(gone);
    const written = writer.pump([text("a"), FINISH], sourceOf([]), chunks());
    await new Response(writer.readable).text();
    await written;
    await settle();
    expect(gone).not.toHaveBeenCalled();
  });
});

describe("a silence", () => {
  const COMMENT = ": keep-alive\n";

  it("is filled with a comment every 15 s", async () => {
    vi.useFakeTimers();
    expect(KEEP_ALIVE_MS).toBe(15_000);
    const { source, give, end } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const reader = writer.readable.getReader();
    await readText(reader);
    for (let turn = 0; turn < 3; turn++) {
      const seen = vi.fn();
      const next = readText(reader);
      next.then(seen);
      await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS - 1);
      expect(seen).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(await next).toBe(COMMENT);
    }
    give(FINISH);
    expect(await readText(reader)).toContain("stop");
    end();
    expect(await readText(reader)).toBe("data: [DONE]\n\n");
    await written;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("begins anew with each piece of the answer", async () => {
    vi.useFakeTimers();
    const { source, give } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    const reader = writer.readable.getReader();
    await readText(reader);
    for (let turn = 0; turn < 4; turn++) {
      await vi.advanceTimersByTimeAsync(10_000);
      give(text("b"));
      expect(await readText(reader)).toContain('"content":"b"');
    }
    await reader.cancel();
    give(text("c"));
    await vi.advanceTimersByTimeAsync(2);
    await written;
  });

  it("adds nothing to what a slow client has not read yet", async () => {
    vi.useFakeTimers();
    const { source, give, end } = manualSource();
    const writer = sseWriter();
    const written = writer.pump([text("a")], source, chunks());
    await vi.advanceTimersByTimeAsync(10 * KEEP_ALIVE_MS);
    give(FINISH);
    await vi.advanceTimersByTimeAsync(1);
    end();
    const read = streamedAnswer(await new Response(writer.readable).text());
    await written;
    expect(read.done).toBe(true);
    expect(read.comments).toEqual([]);
  });

  it("may be filled before there is any answer", async () => {
    const writer = sseWriter();
    writer.wait(() => chunks().silence());
    const written = writer.pump([text("a"), FINISH], sourceOf([]), chunks());
    const read = streamedAnswer(await new Response(writer.readable).text());
    await written;
    expect(read).toMatchObject({ comments: ["keep-alive"], text: "a", done: true });
  });
});

describe("a body that is handed on after a comment", () => {
  it("comes whole behind it, and the client has not gone", async () => {
    const writer = sseWriter();
    const gone = vi.fn();
    writer.gone.then(gone);
    writer.wait(() => chunks().silence());
    const piped = writer.pipe(
      bodyOf(["data: 1\n\n", "data: [DO", "NE]\n\n"].map((s) => utf8.encode(s))).stream,
    );
    expect(await new Response(writer.readable).text()).toBe(": keep-alive\ndata: 1\n\ndata: [DONE]\n\n");
    await piped;
    await settle();
    expect(gone).not.toHaveBeenCalled();
  });

  it("passes a reset on as a reset", async () => {
    const writer = sseWriter();
    const body = fedBody();
    const piped = writer.pipe(body.stream);
    const reader = writer.readable.getReader();
    body.push(utf8.encode("data: 1\n\n"));
    expect(await readText(reader)).toBe("data: 1\n\n");
    body.fail(new Error("reset"));
    await expect(reader.read()).rejects.toThrow("reset");
    await piped;
  });

  it("is let go of when the client leaves", async () => {
    const writer = sseWriter();
    const body = fedBody((fed) => fed.push(utf8.encode("data: 1\n\n")));
    const piped = writer.pipe(body.stream);
    const reader = writer.readable.getReader();
    await readText(reader);
    await reader.cancel();
    await piped;
    await writer.gone;
    expect(body.cancelled()).toBe(true);
  });
});
