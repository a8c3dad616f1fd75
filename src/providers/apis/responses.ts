/** The answer of an API that speaks Responses: as deltas, and as a relay where its form is the one that was asked for. */
import type { Relay } from "../../chat/relay.ts";
import type { Upstream } from "../../contracts.ts";
import {
  responsesBodyWatch,
  responsesEventWatch,
  type WatchOptions,
} from "../../dialects/openai-responses/upstream/watch.ts";
import { responsesReader, wholeResponse } from "../../dialects/openai-responses/upstream/reader.ts";
import { cutAt } from "../../families/index.ts";
import { parseObject } from "../../lib/json.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { type RelayOptions, relayEvents, relayWhole } from "../relay.ts";
import { type Body, type DeltaDecoder, deltaSource, lazyDeltas, type SourceOptions } from "../source.ts";
import { bodyOf, eventDecoder, isEvents, wholeDecoder } from "./events.ts";

export interface ResponsesOptions extends SourceOptions, WatchOptions {
  /** The client asked for events. */
  readonly streams: boolean;
  /** Stop sequences, which the API does not know: the answer is cut here, so it cannot be handed on. */
  readonly stops: readonly string[];
  readonly watched: (decoder: DeltaDecoder) => DeltaDecoder;
  readonly hold?: MemoryHold | undefined;
}

/** Whoever reads first, deltas or relay, has the body. */
export function responsesAnswer(response: Response, options: ResponsesOptions): Omit<Upstream, "dropped"> {
  const { streams, stops, watched } = options;
  const events = isEvents(response, streams);
  const body = bodyOf(response, events);
  const decoder = () => cutDecoder(watched(events ? streamDecoder(options) : bodyDecoder(options)), stops);
  const handedOn = events === streams && stops.length === 0;
  return {
    deltas: lazyDeltas(() => deltaSource(body, decoder(), options)),
    ...(handedOn && { relay: relayOf(body, response.headers, options) }),
  };
}

/** A decoder whose answer ends at the first stop sequence. */
export function cutDecoder(decoder: DeltaDecoder, stops: readonly string[]): DeltaDecoder {
  if (stops.length === 0) return decoder;
  const cut = cutAt(stops);
  return { decode: (bytes) => cut(decoder.decode(bytes)), end: () => cut(decoder.end()) };
}

function relayOf(body: Body, headers: Headers, options: ResponsesOptions): Relay {
  const otherwise = options.streams ? "text/event-stream; charset=utf-8" : "application/json";
  const contentType = headers.get("content-type") ?? otherwise;
  const of: RelayOptions = { ...options, dialect: "openai-responses", contentType };
  return options.streams
    ? relayEvents(body, responsesEventWatch(options), of)
    : relayWhole(body, responsesBodyWatch(options), of);
}

function streamDecoder(options: ResponsesOptions): DeltaDecoder {
  const { errorOf, redact } = options;
  const reader = responsesReader((error) => errorOf(clean(error, redact)));
  return eventDecoder(options, (data) => reader.event(parseObject(data)));
}

function bodyDecoder({ name, errorOf, redact, hold }: ResponsesOptions): DeltaDecoder {
  const read = (text: string) => {
    const response = parseObject(text);
    return response && wholeResponse(response, (error) => errorOf(clean(error, redact)));
  };
  return wholeDecoder(name, read, hold);
}

/** An error without the router's keys. */
function clean(error: unknown, redact: (text: string) => string): unknown {
  return parseObject(redact(JSON.stringify({ error })))?.error;
}
