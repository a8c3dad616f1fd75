/** Bytes of a Bedrock answer → deltas: event-stream frames for the streaming operations, one JSON body for the others. */
import type { FamilyCall, FamilyMessage } from "../../families/family.ts";
import type { Delta } from "../../chat/delta.ts";
import { asRouterError, RouterError } from "../../errors.ts";
import { EventStreamDecoder, EventStreamError, headerString, type Message } from "../../eventstream/index.ts";
import { parseExact } from "../../lib/exact-json.ts";
import { MAX_BODY_BYTES } from "../relay.ts";
import { chunkBytes } from "./chunk-bytes.ts";
import { bedrockError, type CallPlace } from "./exceptions.ts";
import { messageFailure } from "./failure.ts";

/** The two halves of a decoded upstream, see DecodedUpstream in the contracts. */
export interface AnswerDecoder {
  decode(bytes: Uint8Array): Delta[];
  end(): Delta[];
}

const decoder = new TextDecoder();

/** What ConverseStream sends; events beyond these are skipped unread. Its service model, 2023-09-30. */
const CONVERSE_EVENTS: ReadonlySet<string> = new Set(
  "messageStart contentBlockStart contentBlockDelta contentBlockStop messageStop metadata".split(" "),
);

/**
 * A decoder for `invoke-with-response-stream` and `converse-stream`. Once the family has finished, the answer is complete:
 * whatever is wrong with what still comes takes nothing from it.
 */
export function streamDecoder(call: FamilyCall, place: CallPlace): AnswerDecoder {
  const toDeltas = call.stream();
  let batch: Delta[] = [];
  let finished = false;
  let failed = false;

  const emit = (deltas: readonly Delta[]) => {
    for (const delta of deltas) {
      if (failed || (finished && delta.type === "error")) return;
      if (delta.type === "finish") finished = true;
      if (delta.type === "error") failed = true;
      batch.push(delta);
    }
  };
  const frames = new EventStreamDecoder((message) => {
    if (failed) return;
    const failure = messageFailure(message);
    if (failure) emit([{ type: "error", error: bedrockError(failure, place) }]);
    else emit(eventDeltas(message, call, place, toDeltas));
  });
  const run = (work: () => void): Delta[] => {
    batch = [];
    try {
      work();
    } catch (thrown) {
      emit([{ type: "error", error: streamError(thrown, place) }]);
    }
    return batch;
  };
  return {
    decode: (bytes) => run(() => frames.push(bytes)),
    // A part of a frame that is left over counts as little as none: the family has finished or it has not.
    end: () =>
      run(() => {
        if (!finished) throw truncated(place);
      }),
  };
}

/** A decoder for `invoke` and `converse`: the deltas come all at the end. */
export function bodyDecoder(call: FamilyCall, headers: Headers, place: CallPlace): AnswerDecoder {
  const text = new TextDecoder();
  let json = "";
  let size = 0;
  return {
    decode(bytes) {
      if (size > MAX_BODY_BYTES) return [];
      size += bytes.byteLength;
      if (size > MAX_BODY_BYTES) {
        json = "";
        return [{ type: "error", error: invalidStream(place, "the body is far too large") }];
      }
      json += text.decode(bytes, { stream: true });
      return [];
    },
    end() {
      if (size > MAX_BODY_BYTES) return [];
      try {
        const body = parsed(json + text.decode(), place, "the body is not JSON");
        const deltas = call.whole(body, headers);
        const whole = deltas.some((delta) => delta.type === "finish" || delta.type === "error");
        return whole ? deltas : [...deltas, { type: "error", error: truncated(place) }];
      } catch (thrown) {
        return [{ type: "error", error: asRouterError(thrown) }];
      }
    },
  };
}

/** The messages of Converse are their own payload, those of InvokeModel are wrapped. */
function eventDeltas(
  message: Message,
  { operation }: FamilyCall,
  place: CallPlace,
  toDeltas: (message: FamilyMessage) => Delta[],
): Delta[] {
  const event = headerString(message, ":event-type") ?? "";
  const known = operation === "converse-stream" ? CONVERSE_EVENTS.has(event) : event === "chunk";
  if (!known || message.payload.length === 0) return [];
  const bytes = event === "chunk" ? chunkPayload(message, place) : message.payload;
  return bytes ? toDeltas({ event, payload: parsed(decoder.decode(bytes), place) }) : [];
}

/**
 * The model's own JSON in a chunk of InvokeModel, `{"bytes": base64}`; valid until the next call. Undefined where there is none.
 * @throws RouterError `upstream_stream_invalid`
 */
export function chunkPayload({ payload }: Message, place: CallPlace): Uint8Array | undefined {
  const quick = chunkBytes(payload);
  if (quick !== undefined) return quick;
  const wrapped = parsed(decoder.decode(payload), place);
  return hasBytes(wrapped) ? bytesOfBase64(wrapped.bytes, place) : undefined;
}

function parsed(json: string, place: CallPlace, why = "a message is not JSON"): unknown {
  try {
    // A tool's input may be in it.
    return parseExact(json, "digits");
  } catch {
    throw invalidStream(place, why);
  }
}

function bytesOfBase64(base64: string, place: CallPlace): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw invalidStream(place, "a message is not base64");
  }
}

function hasBytes(value: unknown): value is { bytes: string } {
  return typeof value === "object" && value !== null && "bytes" in value && typeof value.bytes === "string";
}

/** What is neither a RouterError nor a fault of the frames is a mistake of ours, whose cause goes to the log. */
export function streamError(thrown: unknown, place: CallPlace): RouterError {
  if (thrown instanceof EventStreamError) return invalidStream(place, thrown.message);
  return thrown instanceof SyntaxError ? invalidStream(place, "an event is not JSON") : asRouterError(thrown);
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
