/**
 * Claude's own answer handed on to a client that speaks its API: the events of the event stream as server-sent events, their JSON
 * untouched but for the model's name, and watched on their way. No text is made of what is only handed on.
 */
import type { Relay, RelayRead, Watched } from "../../chat/relay.ts";
import { eventFraming, namedMessage } from "../../dialects/anthropic-messages/upstream/framing.ts";
import { type MessagesWatch, messagesWatch } from "../../dialects/anthropic-messages/upstream/watch.ts";
import type { RouterError } from "../../errors.ts";
import { EventStreamDecoder, headerString, type Message } from "../../eventstream/index.ts";
import { byteBuffer } from "../../lib/byte-buffer.ts";
import { MAX_BODY_BYTES, tooLarge, truncated } from "../relay.ts";
import { type Body, type BodyDecoder, type BodyReads, bodyReads, type SourceOptions } from "../source.ts";
import { chunkPayload, streamError } from "./decode.ts";
import { bedrockError, type CallPlace } from "./exceptions.ts";
import { messageFailure } from "./failure.ts";

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** What is read of an answer, and what was seen of it. */
interface Reframing {
  read(bytes: Uint8Array | undefined, done: boolean): Uint8Array<ArrayBuffer>;
  readonly watch: MessagesWatch;
  /** What an exception frame, or a damaged one, has told behind the bytes that were read. */
  readonly failure?: RouterError | undefined;
}

/** @param streams The answer is an event stream, not one message. */
export function reframedAnswer(
  body: Body,
  place: CallPlace,
  streams: boolean,
  options: SourceOptions,
): Relay {
  const answer = streams ? reframedEvents(place) : reframedMessage(place);
  const { watch } = answer;
  let failure: RouterError | undefined;
  const fail = (error: RouterError): void => {
    // What comes behind the end takes nothing from the answer.
    if (!watch.finished) failure ??= error;
  };
  const decoder: BodyDecoder<RelayRead> = {
    read(bytes, done) {
      let out: Uint8Array<ArrayBuffer> = NOTHING;
      try {
        out = answer.read(bytes, done);
        if (answer.failure !== undefined) fail(answer.failure);
        if (done && watch.failure === undefined) fail(truncated(place));
      } catch (thrown) {
        fail(streamError(thrown, place));
      }
      return { bytes: out, begun: watch.begun };
    },
    fail(error) {
      fail(error);
      return { bytes: NOTHING, begun: watch.begun };
    },
    get ended() {
      return failure !== undefined || watch.failure !== undefined;
    },
  };
  let reads: BodyReads<RelayRead> | undefined;
  const opened = () => (reads ??= bodyReads(body, decoder, options));
  return {
    dialect: "anthropic-messages",
    contentType: streams ? "text/event-stream; charset=utf-8" : "application/json",
    each: (take) => opened().each(take),
    cancel: (reason) => opened().cancel(reason),
    watch: (): Watched => ({
      ...{ usage: watch.usage, chars: watch.chars, complete: watch.finished, told: false },
      failure: watch.failure ?? failure,
    }),
  };
}

function reframedEvents(place: CallPlace): Reframing {
  const framing = eventFraming(place.name);
  let failure: RouterError | undefined;
  const take = (message: Message): void => {
    if (failure !== undefined) return;
    const failed = messageFailure(message);
    if (failed) failure = bedrockError(failed, place);
    if (failed || headerString(message, ":event-type") !== "chunk") return;
    const payload = chunkPayload(message, place);
    if (payload !== undefined) framing.push(payload);
  };
  const frames = new EventStreamDecoder(take);
  return {
    watch: framing.watch,
    get failure() {
      return failure;
    },
    read(bytes) {
      try {
        if (bytes !== undefined) frames.push(bytes);
      } catch (thrown) {
        failure ??= streamError(thrown, place);
      }
      // What came before the failure stands.
      return framing.take();
    },
  };
}

function reframedMessage(place: CallPlace): Reframing {
  const watch = messagesWatch();
  const parts = byteBuffer();
  return {
    watch,
    read(bytes, done) {
      if (parts.length + (bytes?.length ?? 0) > MAX_BODY_BYTES) throw tooLarge(place, "body", MAX_BODY_BYTES);
      if (bytes !== undefined) parts.append(bytes);
      if (!done) return NOTHING;
      const text = new TextDecoder().decode(parts.take());
      watch.body(text);
      return watch.finished ? new Uint8Array(encoder.encode(namedMessage(text, place.name))) : NOTHING;
    },
  };
}
