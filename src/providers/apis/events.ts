/** Reads the answers of upstreams that speak a public API: server-sent events or one body, as deltas. */
import { createParser } from "eventsource-parser";
import type { Delta } from "../../chat/delta.ts";
import type { RouterError } from "../../errors.ts";
import { byteBuffer } from "../../lib/byte-buffer.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { MAX_BODY_BYTES, MAX_LINE_BYTES, tooLarge, truncated } from "../relay.ts";
import type { Body, DeltaDecoder } from "../source.ts";

/** What is read whole, 10 % cheaper for a short answer. */
const SHORT_BODY_BYTES = 1024 * 1024;

/** The body of an answer; one that is short and comes in one go may be read so. */
export function bodyOf(response: Response, events: boolean): Body {
  const { headers, body } = response;
  const length = Number(headers.get("content-length") ?? Number.NaN);
  const isShort = !events && length <= SHORT_BODY_BYTES && !headers.has("content-encoding");
  return {
    stream: body ?? new ReadableStream({ start: (controller) => controller.close() }),
    ...(isShort && { bytes: () => response.bytes() }),
  };
}

/** Who was asked for a stream and does not say that this is JSON sends one, whatever else the type says. */
export function isEvents({ headers }: Response, streams: boolean): boolean {
  const type = headers.get("content-type") ?? "";
  if (/^text\/event-stream\b/i.test(type)) return true;
  return streams && !/^[^;]*\bjson\b/i.test(type);
}

export interface EventOptions {
  /** How messages name the model. */
  readonly name: string;
  /** The client asked for events; those that nobody asked for are put together to one answer, which is in hand. */
  readonly streams: boolean;
  readonly hold?: Pick<MemoryHold, "add"> | undefined;
}

/**
 * Server-sent events as deltas. What comes behind a finish takes nothing from the answer.
 * @param read The deltas of an event's data.
 * @param unfinished What to say of an answer that ends without a finish. Default: that it broke off.
 */
export function eventDecoder(
  { name, streams, hold }: EventOptions,
  read: (data: string) => readonly Delta[],
  unfinished: () => RouterError = () => truncated({ name }),
): DeltaDecoder {
  const text = new TextDecoder();
  let deltas: Delta[] = [];
  let size = 0;
  let finished = false;
  let over = false;
  const emit = (more: readonly Delta[]): void => {
    for (const delta of more) {
      if (over) return;
      over = delta.type === "error";
      if (over && finished) return;
      finished ||= delta.type === "finish";
      deltas.push(delta);
    }
  };
  const fail = (error: RouterError): void => emit([{ type: "error", error }]);
  const parser = createParser({
    maxBufferSize: MAX_LINE_BYTES,
    onEvent({ data }) {
      if (!over) emit(read(data));
    },
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") fail(tooLarge({ name }, "line", MAX_LINE_BYTES));
    },
  });
  const taken = (): Delta[] => {
    const all = deltas;
    deltas = [];
    return all;
  };
  return {
    decode(bytes) {
      if (!streams) {
        size += bytes.length;
        if (size > MAX_BODY_BYTES) fail(tooLarge({ name }, "body", MAX_BODY_BYTES));
        hold?.add(2 * bytes.length);
      }
      if (!over) parser.feed(text.decode(bytes, { stream: true }));
      return taken();
    },
    end() {
      // The last event may lack its blank line.
      if (!over) parser.feed(`${text.decode()}\n\n`);
      if (!finished) fail(unfinished());
      return taken();
    },
  };
}

/**
 * An answer that is one body.
 * @param read The deltas of its text; undefined where that is no JSON object.
 */
export function wholeDecoder(
  name: string,
  read: (text: string) => Delta[] | undefined,
  hold: MemoryHold | undefined,
): DeltaDecoder {
  const parts = byteBuffer();
  return {
    decode(bytes) {
      if (parts.length + bytes.length > MAX_BODY_BYTES) {
        return [{ type: "error", error: tooLarge({ name }, "body", MAX_BODY_BYTES) }];
      }
      hold?.add(2 * bytes.length);
      parts.append(bytes);
      return [];
    },
    end: () =>
      read(new TextDecoder().decode(parts.take())) ?? [{ type: "error", error: truncated({ name }) }],
  };
}
