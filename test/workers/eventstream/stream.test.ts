import { describe, expect, it } from "vitest";
import { EventStreamError, eventStream, headerString, type Message } from "../../../src/eventstream/index.ts";
import { concat } from "../../support/bytes.ts";
import { chunkFrame, cut } from "./support.ts";

const text = ({ payload }: Message): string => new TextDecoder().decode(payload);

/** A source that counts how often it was asked, and remembers why it was cancelled. */
function source(chunks: Iterable<Uint8Array>, { close = true } = {}) {
  const state: { pulls: number; cancelled: unknown } = { pulls: 0, cancelled: undefined };
  const iterator = chunks[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = iterator.next();
        if (!next.done) {
          state.pulls++;
          controller.enqueue(next.value);
        } else if (close) {
          controller.close();
        }
      },
      cancel(reason) {
        state.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body };
}

/** Reads to the end, or to the error that ends the stream. */
async function readAll(stream: ReadableStream<Message>): Promise<{ payloads: string[]; error: unknown }> {
  const payloads: string[] = [];
  try {
    for await (const message of stream) payloads.push(text(message));
  } catch (error) {
    return { payloads, error };
  }
  return { payloads, error: undefined };
}

/** Lets everything that can happen without further reads happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await scheduler.wait(1);
}

describe("eventStream", () => {
  it.each([[[1000]], [[7]], [[1]]])("turns bytes in chunks of %s into messages", async (sizes) => {
    const { body } = source(cut(concat(["1", "2", "3"].map((payload) => chunkFrame(payload))), sizes));
    expect(await readAll(body.pipeThrough(eventStream()))).toEqual({
      payloads: ["1", "2", "3"],
      error: undefined,
    });
  });

  it("gives messages that outlive the chunk they came in", async () => {
    const buffer = new Uint8Array(1000);
    function* reused() {
      for (const payload of ["1", "2"]) {
        const frame = chunkFrame(payload);
        buffer.fill(0).set(frame);
        yield buffer.subarray(0, frame.length);
      }
    }
    const messages: Message[] = [];
    for await (const message of source(reused()).body.pipeThrough(eventStream())) messages.push(message);
    expect(messages.map(text)).toEqual(["1", "2"]);
    expect(messages.map((message) => headerString(message, ":event-type"))).toEqual(["chunk", "chunk"]);
  });

  it("takes in no more while messages wait to be read", async () => {
    const chunk = concat([chunkFrame("a"), chunkFrame("b")]);
    const { state, body } = source(Array.from({ length: 100 }, () => chunk));
    const reader = body.pipeThrough(eventStream()).getReader();
    await settle();
    const before = state.pulls;
    expect(before).toBeLessThanOrEqual(2);
    for (let read = 0; read < 20; read++) await reader.read();
    await settle();
    // Twenty messages are ten chunks.
    expect(state.pulls).toBeGreaterThanOrEqual(10);
    expect(state.pulls).toBeLessThanOrEqual(before + 11);
    await reader.cancel();
  });

  it("gives the messages before a fault, then its error, to the reader and to the source", async () => {
    const broken = chunkFrame("3").fill(0, -1);
    const bytes = concat([chunkFrame("1"), chunkFrame("2"), broken, chunkFrame("4")]);
    // The source stays open: the error must not wait for more bytes.
    const { state, body } = source([bytes], { close: false });
    const { payloads, error } = await readAll(body.pipeThrough(eventStream()));
    expect(payloads).toEqual(["1", "2"]);
    expect(error).toBeInstanceOf(EventStreamError);
    expect(error).toMatchObject({ code: "message_crc_mismatch" });
    await settle();
    expect(state.cancelled).toBe(error);
  });

  it("errors when the bytes end inside a frame", async () => {
    const bytes = concat([chunkFrame("1"), chunkFrame("2").subarray(0, -1)]);
    const { payloads, error } = await readAll(source([bytes]).body.pipeThrough(eventStream()));
    expect(payloads).toEqual(["1"]);
    expect(error).toMatchObject({ code: "truncated" });
  });

  it("hands an error of the source on", async () => {
    const failure = new Error("connection lost");
    const stream = eventStream();
    const writer = stream.writable.getWriter();
    const outcome = readAll(stream.readable);
    await writer.write(chunkFrame("1"));
    await writer.abort(failure);
    expect(await outcome).toEqual({ payloads: ["1"], error: failure });
  });

  it("cancels an idle source when the reader cancels", async () => {
    const { state, body } = source([chunkFrame("1")], { close: false });
    const reader = body.pipeThrough(eventStream()).getReader();
    await reader.read();
    const reason = new Error("client left");
    await reader.cancel(reason);
    await settle();
    expect(state.cancelled).toBe(reason);
  });
});
