/** Bytes of a Bedrock answer → deltas: event-stream frames for the streaming operations, one JSON body for the others. */
import type { Delta, Encoded, Family } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import { EventStreamDecoder, EventStreamError, headerString, type Message } from "../../eventstream/index.ts";
import { bedrockError, type CallPlace } from "./exceptions.ts";
import { messageFailure } from "./failure.ts";

/** The two halves of a decoded upstream, see DecodedUpstream in the contracts. */
export interface AnswerDecoder {
  decode(bytes: Uint8Array): Delta[];
  end(): Delta[];
}

const decoder = new TextDecoder();

/** A decoder for `invoke-with-response-stream` and `converse-stream`. */
export function streamDecoder(family: Family, encoded: Encoded, place: CallPlace): AnswerDecoder {
  const toDeltas = family.decoder(encoded);
  let batch: Delta[] = [];
  let finished = false;
  let failed = false;

  const emit = (deltas: readonly Delta[]) => {
    for (const delta of deltas) {
      if (failed) return;
      if (delta.type === "finish") finished = true;
      if (delta.type === "error") failed = true;
      batch.push(delta);
    }
  };
  const frames = new EventStreamDecoder((message) => {
    if (failed) return;
    const failure = messageFailure(message);
    if (failure) emit([{ type: "error", error: bedrockError(failure, place) }]);
    else emit(eventDeltas(message, toDeltas));
  });
  const run = (work: () => void): Delta[] => {
    batch = [];
    if (failed) return batch;
    try {
      work();
    } catch (thrown) {
      emit([{ type: "error", error: streamError(thrown, place) }]);
    }
    return batch;
  };
  return {
    decode: (bytes) => run(() => frames.push(bytes)),
    end: () =>
      run(() => {
        frames.end();
        if (!finished && !failed) throw truncated(place);
      }),
  };
}

/** A decoder for `invoke` and `converse`: the deltas come all at the end. */
export function bodyDecoder(
  family: Family,
  encoded: Encoded,
  headers: Headers,
  place: CallPlace,
): AnswerDecoder {
  const parts: Uint8Array[] = [];
  return {
    decode(bytes) {
      parts.push(bytes);
      return [];
    },
    end() {
      const text = new TextDecoder();
      const json = parts.map((part) => text.decode(part, { stream: true })).join("") + text.decode();
      let body: unknown;
      try {
        body = JSON.parse(json);
      } catch {
        return [{ type: "error", error: invalidStream(place, "the body is not JSON") }];
      }
      const deltas = family.decodeBody(body, headers, encoded);
      const whole = deltas.some((delta) => delta.type === "finish" || delta.type === "error");
      return whole ? deltas : [...deltas, { type: "error", error: truncated(place) }];
    },
  };
}

/** Unwraps `{"bytes": base64}` of InvokeModel's chunks; Converse's messages are their own payload. */
function eventDeltas(message: Message, toDeltas: ReturnType<Family["decoder"]>): Delta[] {
  const event = headerString(message, ":event-type") ?? "";
  if (event === "initial-response") return [];
  const payload: unknown = JSON.parse(decoder.decode(message.payload));
  if (event !== "chunk") return toDeltas({ event, payload });
  if (!hasBytes(payload)) return [];
  return toDeltas({ event, payload: JSON.parse(decoder.decode(Uint8Array.fromBase64(payload.bytes))) });
}

function hasBytes(value: unknown): value is { bytes: string } {
  return typeof value === "object" && value !== null && "bytes" in value && typeof value.bytes === "string";
}

function streamError(thrown: unknown, place: CallPlace): RouterError {
  if (thrown instanceof RouterError) return thrown;
  if (thrown instanceof EventStreamError) {
    return thrown.code === "truncated" ? truncated(place) : invalidStream(place, thrown.message);
  }
  // JSON or base64 that does not parse; anything else is a mistake of ours and says so in the log.
  if (thrown instanceof SyntaxError) return invalidStream(place, "a message is not JSON");
  throw thrown;
}

function truncated(place: CallPlace): RouterError {
  return new RouterError(
    "upstream_truncated",
    `The answer of '${place.name}' broke off before it was complete. Try again; what came so far is not the whole answer.`,
  );
}

function invalidStream(place: CallPlace, why: string): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The answer of '${place.name}' arrived damaged (${why}). Try again; if it persists, look for a proxy between the router and Bedrock in ${place.region}.`,
  );
}
