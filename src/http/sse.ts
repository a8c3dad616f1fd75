/**
 * Chunks → server-sent events. One read loop feeds one IdentityTransformStream: measured, this costs less than half of a
 * JavaScript TransformStream per frame. What arrives in a burst leaves in one write: output goes at once when the last
 * frame is more than 2 ms old, else 2 ms later. At most one write is under way, and nothing is read while 64 KiB wait, so
 * that a slow client slows the upstream.
 */
import type { Delta } from "../chat/delta.ts";
import type { ChunkEncoder } from "../dialects/openai-chat/client/chunks.ts";
import { onSilence } from "../lib/timing.ts";

const BURST_MS = 2;
const MAX_PENDING_CHARS = 65_536;
/** Below common idle timeouts of proxies (30-60 s), and how late a client's silent departure is noticed. */
export const KEEP_ALIVE_MS = 15_000;

export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
} as const;

/** Where the deltas come from; see DeltaSource in routing. */
export interface ChunkSource {
  next(): Promise<readonly Delta[] | undefined>;
  cancel(reason?: unknown): void;
}

const encoder = new TextEncoder();

/** The writing half of an SSE response. */
export interface SseWriter {
  readonly readable: ReadableStream<Uint8Array>;
  /** Resolves when the client has gone; never rejects. */
  readonly gone: Promise<void>;
  /** Writes an SSE comment, which clients ignore. */
  comment(): void;
  /** Writes the answer up to its end and closes. Never rejects. */
  pump(head: readonly Delta[], rest: ChunkSource, chunks: ChunkEncoder): Promise<void>;
  /** Writes a last event, e.g. an error, and closes. Never rejects. */
  close(data?: string): Promise<void>;
  /** Hands the rest of the stream to a native body. Never rejects. */
  pipe(body: ReadableStream<Uint8Array>): Promise<void>;
}

/** Starts an SSE response. Silences of 15 s are filled with a comment, from the start on. */
export function sseWriter(): SseWriter {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let pending = "";
  let writing: Promise<void> | undefined;
  let broken = false;
  let handedOn = false;
  let burst: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    if (burst !== undefined) clearTimeout(burst);
    burst = undefined;
    // A write under way picks up what is pending when it ends.
    if (writing || pending === "" || broken) return;
    const bytes = encoder.encode(pending);
    pending = "";
    keepAlive.feed();
    writing = writer.write(bytes).then(
      () => {
        writing = undefined;
        flush();
      },
      () => {
        writing = undefined;
        broken = true;
      },
    );
  };
  const drain = async (most: number): Promise<void> => {
    while (!broken && (pending.length > most || (most === 0 && writing))) {
      flush();
      await writing;
    }
  };
  const comment = (): void => {
    // With a write under way the client is there but slow: a comment would only add to the queue.
    if (!writing) pending += ": keep-alive\n\n";
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

  return {
    readable,
    gone,
    comment,
    async pump(head, rest, chunks) {
      const leave = () => rest.cancel();
      gone.then(leave);
      let lastReadAt = 0;
      for (let deltas: readonly Delta[] | undefined = head; deltas; deltas = await rest.next()) {
        for (const delta of deltas) for (const json of chunks.encode(delta)) pending += `data: ${json}\n\n`;
        if (broken) break;
        if (pending === "") continue;
        const now = Date.now();
        if (now - lastReadAt > BURST_MS) flush();
        else burst ??= setTimeout(flush, BURST_MS);
        lastReadAt = now;
        if (pending.length > MAX_PENDING_CHARS) await drain(MAX_PENDING_CHARS);
      }
      for (const json of chunks.end()) pending += `data: ${json}\n\n`;
      if (chunks.complete) pending += "data: [DONE]\n\n";
      await finish();
    },
    async close(data) {
      if (data !== undefined) pending += `data: ${data}\n\n`;
      await finish();
    },
    async pipe(body) {
      keepAlive.stop();
      await drain(0);
      handedOn = true;
      writer.releaseLock();
      await body.pipeTo(writable).catch(left);
    },
  };
}
