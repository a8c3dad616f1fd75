/** The answer of an API that speaks Messages: as deltas, and as a relay for clients that speak it, too. */
import type { Relay } from "../../chat/relay.ts";
import type { Upstream } from "../../contracts.ts";
import type { FamilyCall } from "../../families/family.ts";
import { messagesWatch } from "../../dialects/anthropic-messages/upstream/watch.ts";
import type { RouterError } from "../../errors.ts";
import { parseObject } from "../../lib/json.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { type RelayOptions, relayEvents, relayWhole } from "../relay.ts";
import { type Body, type DeltaDecoder, deltaSource, lazyDeltas, type SourceOptions } from "../source.ts";
import { bodyOf, eventDecoder, wholeDecoder } from "./events.ts";

export interface MessagesOptions extends SourceOptions {
  readonly streams: boolean;
  /** Takes the router's keys out of a foreign text. */
  readonly redact: (text: string) => string;
  /** Reads the member `error` of what the upstream says, without keys. */
  readonly errorOf: (error: unknown) => RouterError;
  /** Looks at what an answer decodes to. */
  readonly watched: (decoder: DeltaDecoder) => DeltaDecoder;
  /** What the request has in hand: a whole answer is, as text and as what is parsed of it. */
  readonly hold?: MemoryHold | undefined;
}

/** How an answer is read as deltas. */
type Reading = Pick<FamilyCall, "stream" | "whole">;

/** Whoever reads first, deltas or relay, has the body. */
export function messagesAnswer(
  response: Response,
  reading: Reading,
  options: MessagesOptions,
): Omit<Upstream, "dropped"> & { readonly relay: Relay } {
  const { streams, watched } = options;
  const body = bodyOf(response, streams);
  const decoder = () =>
    streams ? streamDecoder(reading, options) : bodyDecoder(reading, response.headers, options);
  return {
    deltas: lazyDeltas(() => deltaSource(body, watched(decoder()), options)),
    relay: relayOf(body, response.headers, options),
  };
}

function relayOf(body: Body, headers: Headers, options: MessagesOptions): Relay {
  const otherwise = options.streams ? "text/event-stream; charset=utf-8" : "application/json";
  const contentType = headers.get("content-type") ?? otherwise;
  const of: RelayOptions = { ...options, dialect: "anthropic-messages", contentType };
  const watch = messagesWatch(options);
  return options.streams ? relayEvents(body, watch, of) : relayWhole(body, watch, of);
}

function streamDecoder(reading: Reading, options: MessagesOptions): DeltaDecoder {
  const { errorOf, redact } = options;
  const read = reading.stream();
  return eventDecoder(options, (data) => {
    const payload = parseObject(data);
    if (payload?.type === "error")
      return [{ type: "error", error: errorOf(parseObject(redact(data))?.error) }];
    return payload === undefined ? [] : read({ event: "chunk", payload });
  });
}

function bodyDecoder(reading: Reading, headers: Headers, options: MessagesOptions): DeltaDecoder {
  const { name, errorOf, redact, hold } = options;
  const read = (text: string) => {
    const message = parseObject(text);
    if (message?.type !== "error") return message && reading.whole(message, headers);
    return [{ type: "error" as const, error: errorOf(parseObject(redact(text))?.error) }];
  };
  return wholeDecoder(name, read, hold);
}
