/** The answer of an API that speaks Messages: as deltas, and as a relay for clients that speak it, too. */
import { createParser } from "eventsource-parser";
import type { FamilyCall } from "../../families/family.ts";
import type { Relay } from "../../chat/relay.ts";
import type { Upstream } from "../../contracts.ts";
import type { Delta } from "../../chat/delta.ts";
import { messagesWatch } from "../../dialects/anthropic-messages/upstream/watch.ts";
import type { RouterError } from "../../errors.ts";
import { byteBuffer } from "../../lib/byte-buffer.ts";
import { parseObject } from "../../lib/json.ts";
import {
  MAX_BODY_BYTES,
  MAX_LINE_BYTES,
  type RelayOptions,
  relayEvents,
  relayWhole,
  tooLarge,
  truncated,
} from "../relay.ts";
import { type Body, type DeltaDecoder, deltaSource, lazyDeltas, type SourceOptions } from "../source.ts";

export interface AnswerOptions extends SourceOptions {
  readonly streams: boolean;
  /** Takes the router's keys out of a foreign text. */
  readonly redact: (text: string) => string;
  /** Reads the member `error` of what the upstream says, without keys. */
  readonly errorOf: (error: unknown) => RouterError;
  /** Looks at what an answer decodes to. */
  readonly watched: (decoder: DeltaDecoder) => DeltaDecoder;
}

/** How an answer is read as deltas. */
type Reading = Pick<FamilyCall, "stream" | "whole">;

/** Whoever reads first, deltas or relay, has the body. */
export function messagesAnswer(
  response: Response,
  reading: Reading,
  options: AnswerOptions,
): Omit<Upstream, "dropped"> {
  const { body, headers } = response;
  const stream = body ?? new ReadableStream({ start: (controller) => controller.close() });
  const decoder = () =>
    options.streams ? eventDecoder(reading, options) : wholeDecoder(reading, headers, options);
  return {
    deltas: lazyDeltas(() => deltaSource({ stream }, options.watched(decoder()), options)),
    relay: relayOf({ stream }, headers, options),
  };
}

function relayOf(body: Body, headers: Headers, options: AnswerOptions): Relay {
  const otherwise = options.streams ? "text/event-stream; charset=utf-8" : "application/json";
  const contentType = headers.get("content-type") ?? otherwise;
  const of: RelayOptions = { ...options, dialect: "anthropic-messages", contentType };
  const watch = messagesWatch(options);
  return options.streams ? relayEvents(body, watch, of) : relayWhole(body, watch, of);
}

function eventDecoder(reading: Reading, { name, errorOf, redact }: AnswerOptions): DeltaDecoder {
  const text = new TextDecoder();
  const read = reading.stream();
  let deltas: Delta[] = [];
  let size = 0;
  let finished = false;
  let over = false;
  const emit = (more: readonly Delta[]): void => {
    for (const delta of more) {
      // What comes behind the end takes nothing from the answer.
      if (over || (finished && delta.type === "error")) return;
      finished ||= delta.type === "finish";
      over = delta.type === "error";
      deltas.push(delta);
    }
  };
  const fail = (error: RouterError): void => emit([{ type: "error", error }]);
  const parser = createParser({
    maxBufferSize: MAX_LINE_BYTES,
    onEvent({ data }) {
      const payload = parseObject(data);
      if (payload?.type === "error") fail(errorOf(parseObject(redact(data))?.error));
      else if (payload !== undefined) emit(read({ event: "chunk", payload }));
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
      size += bytes.length;
      if (size > MAX_BODY_BYTES) fail(tooLarge({ name }, "body", MAX_BODY_BYTES));
      else if (!over) parser.feed(text.decode(bytes, { stream: true }));
      return taken();
    },
    end() {
      // The last event may lack its blank line.
      if (!over) parser.feed(`${text.decode()}\n\n`);
      if (!finished) fail(truncated({ name }));
      return taken();
    },
  };
}

function wholeDecoder(reading: Reading, headers: Headers, options: AnswerOptions): DeltaDecoder {
  const { name, errorOf, redact } = options;
  const parts = byteBuffer();
  return {
    decode(bytes) {
      if (parts.length + bytes.length > MAX_BODY_BYTES) {
        return [{ type: "error", error: tooLarge({ name }, "body", MAX_BODY_BYTES) }];
      }
      parts.append(bytes);
      return [];
    },
    end() {
      const text = new TextDecoder().decode(parts.take());
      const message = parseObject(text);
      if (message === undefined) return [{ type: "error", error: truncated({ name }) }];
      if (message.type !== "error") return reading.whole(message, headers);
      return [{ type: "error", error: errorOf(parseObject(redact(text))?.error) }];
    },
  };
}
