/**
 * An answer → server-sent events. One read loop feeds one IdentityTransformStream: measured, this costs less than half of a
 * JavaScript TransformStream per frame. What arrives in a burst leaves in one write: output goes at once when the last
 * frame is more than 2 ms old, else 2 ms later. At most one write is under way, and nothing is read while 64 KiB wait, so
 * that a slow client slows the upstream.
 */
import type { Relay, RelayRead } from "../chat/relay.ts";
import type { Delta, DeltaSource } from "../chat/delta.ts";
import type { AnswerEncoder, AnswerRecord, Emit } from "../chat/dialect.ts";
import { asRouterError, type RouterError } from "../errors.ts";
import { byteBuffer } from "../lib/byte-buffer.ts";
import { onSilence } from "../lib/timing.ts";

const BURST_MS = 2;
const MAX_PENDING = 65_536;
/** Below common idle timeouts of proxies (30-60 s), and how late a client's silent departure is noticed. */
export const KEEP_ALIVE_MS = 15_000;
/** Until it is known who answers: every client of every dialect reads over a comment. */
const COMMENT = ": keep-alive\n";

export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
} as const;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const encoder = new TextEncoder();

/** The writing half of an SSE response. */
export interface SseWriter {
  readonly readable: ReadableStream<Uint8Array>;
  /** Resolves when the client has gone; never rejects. */
  readonly gone: Promise<void>;
  /**
   * Fills a silence at once, and those that follow, until an answer has begun.
   * @param fill With what; a comment where it gives nothing.
   */
  wait(fill: () => string | undefined): void;
  /**
   * Writes the answer up to its end and closes. Never rejects.
   * @param keep Keeps a complete answer before its end goes out; its error becomes the answer's.
   * @returns how many characters of text it had.
   */
  pump(
    head: readonly Delta[],
    rest: DeltaSource,
    answer: AnswerEncoder,
    keep?: (record: AnswerRecord) => Promise<void>,
  ): Promise<number>;
  /** Writes a relay up to its end, and the dialect's error event where it failed, and closes. Never rejects. */
  relay(head: readonly RelayRead[], relay: Relay, answer: AnswerEncoder): Promise<void>;
  /** Writes the dialect's error event and closes. Never rejects. */
  fail(error: RouterError, answer: AnswerEncoder): Promise<void>;
  /** Hands the rest of the stream to a native body. Never rejects. */
  pipe(body: ReadableStream<Uint8Array>): Promise<void>;
}

/**
 * Starts an SSE response. Silences of 15 s are filled, from the start on.
 * @param kept Told of each delta of an answer whose encoder keeps it to its end; what it throws ends the answer.
 */
export function sseWriter(kept: (delta: Delta) => void = () => {}): SseWriter {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  /** Text, and, of relays, bytes, which come behind it. */
  let pending = "";
  const bytes = byteBuffer();
  let writing: Promise<void> | undefined;
  let broken = false;
  let handedOn = false;
  let burst: ReturnType<typeof setTimeout> | undefined;
  let lastAt = 0;
  let silence = () => COMMENT;

  const taken = (): Uint8Array => {
    if (pending === "") return bytes.copy();
    const text = encoder.encode(pending);
    pending = "";
    return text;
  };
  const flush = (): void => {
    if (burst !== undefined) clearTimeout(burst);
    burst = undefined;
    // A write under way picks up what is pending when it ends.
    if (writing || (pending === "" && bytes.length === 0) || broken) return;
    keepAlive.feed();
    writing = writer.write(taken()).then(
      () => {
        writing = undefined;
        // Not sooner than the rest of the burst: otherwise a quick client takes every third event by itself.
        if (burst === undefined) flush();
      },
      () => {
        writing = undefined;
        broken = true;
      },
    );
  };
  /** Writes what is pending at once, or with what comes within the next 2 ms. */
  const soon = (): void => {
    const now = Date.now();
    if (now - lastAt > BURST_MS) flush();
    else burst ??= setTimeout(flush, BURST_MS);
    lastAt = now;
  };
  const drain = async (most: number): Promise<void> => {
    while (!broken && (pending.length + bytes.length > most || (most === 0 && writing))) {
      flush();
      await writing;
    }
  };
  const comment = (): void => {
    // With a write under way the client is there but slow: a comment would only add to the queue.
    if (!writing) pending += silence();
    flush();
  };
  const keepAlive = onSilence(KEEP_ALIVE_MS, comment);
  const finish = async (): Promise<void> => {
    keepAlive.stop();
    await drain(0);
    await (broken ? writer.abort() : writer.close()).catch(() => {});
  };
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const left = () => resolve();
  writer.closed.catch(() => {
    // So does letting go of the writer reject, and then the client is still there.
    if (handedOn) return;
    broken = true;
    keepAlive.stop();
    clearTimeout(burst);
    left();
  });
  const emit: Emit = (data, event) => {
    pending += event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
  };
  /** For an encoder that keeps the answer: what would be too much ends it. */
  const counted = (answer: AnswerEncoder, rest: DeltaSource, emit: Emit) => (delta: Delta) => {
    if (answer.failure) return;
    try {
      kept(delta);
      answer.push(delta, emit);
    } catch (thrown) {
      answer.push({ type: "error", error: asRouterError(thrown) }, emit);
      rest.cancel();
    }
  };
  const fail = async (error: RouterError, answer: AnswerEncoder): Promise<void> => {
    answer.push({ type: "error", error }, emit);
    await finish();
  };

  return {
    readable,
    gone,
    wait(fill) {
      silence = () => fill() ?? COMMENT;
      comment();
    },
    async pump(head, rest, answer, keep) {
      const leave = () => rest.cancel();
      gone.then(leave);
      silence = () => answer.silence();
      let chars = 0;
      const take = answer.snapshot ? counted(answer, rest, emit) : (delta: Delta) => answer.push(delta, emit);
      for (let deltas: readonly Delta[] | undefined = head; deltas; deltas = await rest.next()) {
        for (const delta of deltas) {
          if ("text" in delta) chars += delta.text.length;
          take(delta);
        }
        if (broken) break;
        if (pending === "") continue;
        soon();
        if (pending.length > MAX_PENDING) await drain(MAX_PENDING);
      }
      if (keep) await keepWhole(answer, emit, keep);
      answer.end(emit);
      await finish();
      return chars;
    },
    async relay(head, relay, answer) {
      const leave = () => relay.cancel();
      gone.then(leave);
      let ending: Ending = "event";
      // In the middle of an event what fills a silence would spoil it.
      silence = () => (ending === "event" ? (relay.silence ?? answer.silence()) : "");
      const take = (read: RelayRead): Promise<void> | false | undefined => {
        if (broken) return false;
        if (read.bytes.length === 0) return undefined;
        bytes.append(read.bytes);
        ending = endingOf(read.bytes, ending);
        soon();
        return bytes.length > MAX_PENDING ? drain(MAX_PENDING) : undefined;
      };
      for (const read of head) await take(read);
      if (!broken) await relay.each(take);
      await drain(0);
      const { failure, told } = relay.watch();
      if (!failure || told) return finish();
      // Whatever was cut off ends here.
      pending += { event: "", line: "\n", open: "\n\n" }[ending];
      await fail(failure, answer);
    },
    fail,
    async pipe(body) {
      keepAlive.stop();
      await drain(0);
      handedOn = true;
      writer.releaseLock();
      await body.pipeTo(writable).catch(left);
    },
  };
}

/** Keeps an answer that is complete. What cannot be kept ends in an error: nobody could go on from it. */
async function keepWhole(
  answer: AnswerEncoder,
  emit: Emit,
  keep: (record: AnswerRecord) => Promise<void>,
): Promise<void> {
  try {
    const record = answer.record?.(emit);
    if (record) await keep(record);
  } catch (thrown) {
    answer.push({ type: "error", error: asRouterError(thrown) }, emit);
  }
}

/** Where bytes end: behind a whole event, behind a line of one, or within a line. */
type Ending = "event" | "line" | "open";

function endingOf(bytes: Uint8Array, before: Ending): Ending {
  if (bytes.at(-1) !== LINE_FEED) return "open";
  const rest = bytes.at(-2) === CARRIAGE_RETURN ? bytes.length - 2 : bytes.length - 1;
  if (rest === 0) return before === "open" ? "line" : "event";
  return bytes[rest - 1] === LINE_FEED ? "event" : "line";
}
