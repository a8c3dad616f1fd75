import { afterEach, describe, expect, it, vi } from "vitest";
import type { Delta } from "../../../src/chat/delta.ts";
import { RouterError } from "../../../src/errors.ts";
import { type Body, type DeltaDecoder, deltaSource } from "../../../src/providers/source.ts";
import { bodyOf, type FedBody, fedBody } from "../../support/upstream.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const IDLE_MS = 1000;
const read = (length: number) => new Uint8Array(length);
const size = (length: number): Delta => ({ type: "text", text: String(length) });
const FINISH: Delta = { type: "finish", reason: "stop" };

/** A source whose deltas tell the sizes of the reads; it breaks off when it is aborted, as a fetched body does. */
function sourceOf(body: FedBody, more: Partial<DeltaDecoder> & Pick<Body, "bytes"> = {}) {
  const abort = new AbortController();
  abort.signal.addEventListener("abort", () => body.fail(abort.signal.reason));
  const { bytes, ...own } = more;
  const decoder = { decode: (read: Uint8Array) => [size(read.length)], end: () => [FINISH], ...own };
  const of = { stream: body.stream, ...(bytes && { bytes }) };
  return { source: deltaSource(of, decoder, { name: "claude", abort, idleTimeoutMs: IDLE_MS }), abort };
}

/** The code of the error that a read ended in. */
function failure(deltas: readonly Delta[] | undefined): string | undefined {
  expect(deltas).toHaveLength(1);
  const last = deltas?.at(-1);
  return last?.type === "error" ? last.error.code : undefined;
}

describe("deltaSource", () => {
  it("gives the deltas read by read, then what the end gives, then nothing", async () => {
    const { source } = sourceOf(bodyOf([read(3), read(5)]));
    expect(await source.next()).toEqual([size(3)]);
    expect(await source.next()).toEqual([size(5)]);
    expect(await source.next()).toEqual([FINISH]);
    expect(await source.next()).toBeUndefined();
    expect(await source.next()).toBeUndefined();
  });

  it("reads nothing ahead of what is asked for", async () => {
    const body = fedBody((fed) => fed.push(read(1)));
    const { source } = sourceOf(body);
    await Promise.resolve();
    expect(body.pulls()).toBe(0);
    await source.next();
    await source.next();
    expect(body.pulls()).toBe(2);
    source.cancel();
  });

  it("gives empty reads as such: they are no end", async () => {
    const { source } = sourceOf(bodyOf([read(1)]), { decode: () => [] });
    expect(await source.next()).toEqual([]);
    expect(await source.next()).toEqual([FINISH]);
  });

  it("ends with an error delta, and lets go of what would follow", async () => {
    const body = bodyOf([read(1), read(2)], false);
    const error = new RouterError("upstream_error", "x");
    const { source } = sourceOf(body, { decode: () => [size(1), { type: "error", error }] });
    expect(await source.next()).toEqual([size(1), { type: "error", error }]);
    expect(await source.next()).toBeUndefined();
    expect(body.cancelled()).toBe(true);
  });

  it("makes an error of a connection that breaks off", async () => {
    const body = bodyOf([read(1)], false);
    const { source } = sourceOf(body);
    await source.next();
    const next = source.next();
    body.fail(new TypeError("Network connection lost."));
    expect(failure(await next)).toBe("upstream_truncated");
    expect(await source.next()).toBeUndefined();
  });

  it("makes an error of a decoder's mistake, and lets go of the body", async () => {
    const body = bodyOf([read(1)], false);
    const decode = () => {
      throw new TypeError("bug");
    };
    const { source } = sourceOf(body, { decode });
    expect(failure(await source.next())).toBe("internal_error");
    expect(body.cancelled()).toBe(true);
    expect(await source.next()).toBeUndefined();
  });

  it("gives the reason for which the call was aborted", async () => {
    const { source, abort } = sourceOf(fedBody());
    const next = source.next();
    abort.abort(new RouterError("upstream_timeout", "late"));
    expect(failure(await next)).toBe("upstream_timeout");
  });

  it("lets go of the body when it is cancelled, in the middle of a read or before one", async () => {
    for (const reading of [true, false]) {
      const body = fedBody();
      const { source } = sourceOf(body);
      const next = reading ? source.next() : undefined;
      source.cancel();
      await next;
      expect(await source.next()).toBeUndefined();
      expect(body.cancelled()).toBe(true);
    }
  });
});

describe("a body of the runtime's own", () => {
  const native = () => new IdentityTransformStream();
  /** A source whose deltas are the bytes as text. */
  const textOf = (body: ReadableStream<Uint8Array>, more: Partial<DeltaDecoder> = {}) => {
    const utf8 = new TextDecoder();
    const decode = (bytes: Uint8Array): Delta[] => [{ type: "text", text: utf8.decode(bytes) }];
    const options = { name: "claude", abort: new AbortController(), idleTimeoutMs: IDLE_MS };
    return deltaSource({ stream: body }, { decode, end: () => [FINISH], ...more }, options);
  };
  const toText = (value: string): Delta => ({ type: "text", text: value });

  it("is read into a buffer of ours, and nothing of one read is left in the next", async () => {
    const reads = vi.spyOn(ReadableStreamBYOBReader.prototype, "read");
    const { readable, writable } = native();
    const source = textOf(readable);
    const writer = writable.getWriter();
    for (const text of ["a long first read", "short", "", "of another length"]) {
      const written = writer.write(new TextEncoder().encode(text));
      if (text !== "") expect(await source.next()).toEqual([toText(text)]);
      await written;
    }
    void writer.close();
    expect(await source.next()).toEqual([FINISH]);
    expect(await source.next()).toBeUndefined();
    expect(reads).toHaveBeenCalledTimes(4);
  });

  it("gives 16 KiB a read where more has come", async () => {
    const text = "0123456789".repeat(4000);
    const source = textOf(new Blob([text]).stream());
    const reads: string[] = [];
    for (let deltas = await source.next(); deltas; deltas = await source.next()) {
      for (const delta of deltas) if (delta.type === "text") reads.push(delta.text);
    }
    expect(reads.join("")).toBe(text);
    expect(reads.map(({ length }) => length)).toEqual([16_384, 16_384, 40_000 - 2 * 16_384]);
  });

  it("is an error when it breaks off, and is let go of when it is cancelled or cannot be decoded", async () => {
    const broken = native();
    const lost = textOf(broken.readable).next();
    await broken.writable.abort(new TypeError("Network connection lost."));
    expect(failure(await lost)).toBe("upstream_truncated");

    const left = native();
    const source = textOf(left.readable);
    const next = source.next();
    source.cancel(new TypeError("left"));
    await next;
    await expect(left.writable.getWriter().write(read(1))).rejects.toThrow();

    const bad = native();
    const writer = bad.writable.getWriter();
    const decode = () => {
      throw new TypeError("bug");
    };
    const failed = textOf(bad.readable, { decode }).next();
    void writer.write(read(1)).catch(() => {});
    expect(failure(await failed)).toBe("internal_error");
    await expect(writer.write(read(1))).rejects.toThrow();
  });
});

describe("a body that comes in one go", () => {
  /** Its source, and how often it was read. */
  const wholeOf = (bytes: () => Promise<Uint8Array<ArrayBuffer>>, more: Partial<DeltaDecoder> = {}) => {
    const body = fedBody();
    const spy = vi.fn(bytes);
    return { body, spy, ...sourceOf(body, { bytes: spy, ...more }) };
  };

  it("is read whole and once, with what the end gives", async () => {
    const { source, spy, body } = wholeOf(async () => read(7));
    expect(spy).not.toHaveBeenCalled();
    expect(await source.next()).toEqual([size(7), FINISH]);
    expect(await source.next()).toBeUndefined();
    expect(spy).toHaveBeenCalledOnce();
    expect(body.pulls()).toBe(0);
  });

  it("is an error when it breaks off, cannot be decoded, or the call was aborted", async () => {
    const lost = wholeOf(() => Promise.reject(new TypeError("Network connection lost.")));
    expect(failure(await lost.source.next())).toBe("upstream_truncated");
    expect(await lost.source.next()).toBeUndefined();
    const decode = () => {
      throw new TypeError("bug");
    };
    expect(failure(await wholeOf(async () => read(1), { decode }).source.next())).toBe("internal_error");
    const aborted = wholeOf(() => Promise.reject(new DOMException("aborted", "AbortError")));
    aborted.abort.abort(new RouterError("upstream_timeout", "late"));
    expect(failure(await aborted.source.next())).toBe("upstream_timeout");
  });

  it("may not take longer than the longest silence", async () => {
    vi.useFakeTimers();
    const { promise, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const { source, abort } = wholeOf(() => promise);
    abort.signal.addEventListener("abort", () => reject(abort.signal.reason));
    const next = source.next();
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(failure(await next)).toBe("upstream_timeout");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is let go of when it is cancelled before it was read", async () => {
    const { source, body, spy } = wholeOf(async () => read(1));
    source.cancel();
    expect(await source.next()).toBeUndefined();
    expect(body.cancelled()).toBe(true);
    expect(spy).not.toHaveBeenCalled();
  });
});

describe("the idle timeout", () => {
  it("ends a read that brings nothing for so long, and aborts the call", async () => {
    vi.useFakeTimers();
    const { source, abort } = sourceOf(fedBody());
    const next = source.next();
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    expect(abort.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(abort.signal.aborted).toBe(true);
    expect(failure(await next)).toBe("upstream_timeout");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("begins anew with every read, however long they last together", async () => {
    vi.useFakeTimers();
    const body = fedBody();
    const { source } = sourceOf(body);
    for (let turn = 1; turn <= 5; turn++) {
      const next = source.next();
      await vi.advanceTimersByTimeAsync(0.9 * IDLE_MS);
      body.push(read(turn));
      expect(await next).toEqual([size(turn)]);
    }
    body.end();
    expect(await source.next()).toEqual([FINISH]);
  });

  it("does not count while nobody reads: a slow client is not a silent upstream", async () => {
    vi.useFakeTimers();
    const body = bodyOf([read(1), read(2)], false);
    const { source, abort } = sourceOf(body);
    await source.next();
    await vi.advanceTimersByTimeAsync(5.5 * IDLE_MS);
    expect(abort.signal.aborted).toBe(false);
    expect(await source.next()).toEqual([size(2)]);
    const next = source.next();
    await vi.advanceTimersByTimeAsync(0.9 * IDLE_MS);
    expect(abort.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(0.2 * IDLE_MS);
    expect(failure(await next)).toBe("upstream_timeout");
  });

  it("leaves no timer behind once the answer has ended or was cancelled", async () => {
    vi.useFakeTimers();
    const ended = sourceOf(bodyOf([])).source;
    const cancelled = sourceOf(fedBody()).source;
    expect(vi.getTimerCount()).toBe(2);
    await ended.next();
    cancelled.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
