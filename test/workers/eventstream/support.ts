/** Builds frames, well-formed or not, and feeds them to the decoder. Independent of the code under test. */
import { EventStreamCodec, type MessageHeaders as SmithyHeaders } from "@smithy/eventstream-codec";
import {
  EventStreamDecoder,
  EventStreamError,
  type EventStreamErrorCode,
  type Message,
} from "../../../src/eventstream/index.ts";
import { concat } from "../../support/bytes.ts";

const utf8 = new TextEncoder();

/** Amazon's own encoder, the oracle for well-formed frames. */
export const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes)),
  (text) => utf8.encode(text),
);

/** A frame as Bedrock sends it: three string headers and a payload. */
export function chunkFrame(payload: string, eventType = "chunk"): Uint8Array {
  const headers: SmithyHeaders = {
    ":event-type": { type: "string", value: eventType },
    ":content-type": { type: "string", value: "application/json" },
    ":message-type": { type: "string", value: "event" },
  };
  return codec.encode({ headers, body: utf8.encode(payload) });
}

/** CRC-32 bit by bit, straight from its definition. */
export function referenceCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The 12 bytes that open a frame, with a correct CRC over whatever lengths are given. */
export function prelude(totalLength: number, headersLength: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint32(0, totalLength);
  view.setUint32(4, headersLength);
  view.setUint32(8, referenceCrc32(new Uint8Array(view.buffer, 0, 8)));
  return new Uint8Array(view.buffer);
}

/** A frame with correct lengths and CRCs around any header bytes. */
export function rawFrame(headers: Uint8Array, payload = new Uint8Array(0)): Uint8Array {
  const body = concat([prelude(16 + headers.length + payload.length, headers.length), headers, payload]);
  const crc = new DataView(new ArrayBuffer(4));
  crc.setUint32(0, referenceCrc32(body));
  return concat([body, new Uint8Array(crc.buffer)]);
}

/** Cuts into pieces of these sizes in turn, the last one repeating; at least one size must be above 0. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn++) {
    const size = sizes[Math.min(turn, sizes.length - 1)] ?? bytes.length;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

/** What a stream gave: the messages (copied), and the class of the fault that ended it. */
export interface Outcome {
  readonly messages: readonly Message[];
  readonly error: EventStreamErrorCode | undefined;
}

/** Decodes the chunks to the end, or, with `end: false`, only as far as they go. */
export function decode(chunks: Iterable<Uint8Array>, { end = true } = {}): Outcome {
  const messages: Message[] = [];
  const decoder = new EventStreamDecoder(({ headers, payload }) => {
    messages.push({ headers, payload: payload.slice() });
  });
  try {
    for (const chunk of chunks) decoder.push(chunk);
    if (end) decoder.end();
  } catch (error) {
    if (error instanceof EventStreamError) return { messages, error: error.code };
    throw error;
  }
  return { messages, error: undefined };
}
