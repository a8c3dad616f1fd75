/** The answer of an API that speaks chat completions: as deltas, and as a relay where its form is the one that was asked for. */
import type { Relay } from "../../chat/relay.ts";
import type { Upstream } from "../../contracts.ts";
import type { Delta } from "../../chat/delta.ts";
import { chatReader, wholeAnswer } from "../../dialects/openai-chat/upstream/reader.ts";
import {
  chatBodyWatch,
  chatEventWatch,
  type Embedded,
  holdsError,
} from "../../dialects/openai-chat/upstream/watch.ts";
import { RouterError } from "../../errors.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { parseObject } from "../../lib/json.ts";
import { type RelayOptions, relayEvents, relayWhole, truncated } from "../relay.ts";
import { type Body, type DeltaDecoder, deltaSource, lazyDeltas, type SourceOptions } from "../source.ts";
import { bodyOf, eventDecoder, isEvents, wholeDecoder } from "./events.ts";

export interface ChatOptions extends SourceOptions {
  /** The client asked for events. */
  readonly streams: boolean;
  /** The client did not ask for the usage chunk, the router did. */
  readonly hidesUsage: boolean;
  /** What the request has in hand: a whole answer is, as text and as what is parsed of it. */
  readonly hold?: MemoryHold | undefined;
  /** Hand the body on without reading it. */
  readonly unread: boolean;
  /** Looks at what an answer decodes to. */
  readonly watched?: (decoder: DeltaDecoder) => DeltaDecoder;
  /** Reads an error that the upstream put into its answer. */
  readonly embedded: (data: string) => Embedded;
}

/** Whoever reads first, deltas or relay, has the body. */
export function chatAnswer(response: Response, options: ChatOptions): Omit<Upstream, "dropped"> {
  const events = isEvents(response, options.streams);
  const body = bodyOf(response, events);
  const asked = events === options.streams || options.unread;
  const relay = asked && relayOf(response, body, events, options);
  const { watched = (decoder) => decoder } = options;
  const decoder = () => watched(events ? chunkDecoder(options) : bodyDecoder(options));
  return { deltas: lazyDeltas(() => deltaSource(body, decoder(), options)), ...(relay && { relay }) };
}

function relayOf(response: Response, body: Body, events: boolean, options: ChatOptions): Relay {
  const { hidesUsage, embedded, unread } = options;
  const type = response.headers.get("content-type");
  const contentType = type ?? (events ? "text/event-stream; charset=utf-8" : "application/json");
  const of: RelayOptions = { ...options, dialect: "openai-chat", contentType };
  const relay = events
    ? relayEvents(body, chatEventWatch(hidesUsage, embedded), of)
    : relayWhole(body, chatBodyWatch(embedded), of);
  return unread ? { ...relay, unread: body.stream } : relay;
}

/** Server-sent events: whole with `[DONE]`, or, for upstreams that do not send it, with a finish reason. */
function chunkDecoder(options: ChatOptions): DeltaDecoder {
  const { name, embedded } = options;
  const reader = chatReader();
  let done = false;
  /** The last event was no JSON object: half of one if it was the very last, else the stream is none of chunks. */
  let broken = false;
  let any = false;
  const failed = (error: RouterError): Delta[] => [{ type: "error", error }];
  const read = (written: string): readonly Delta[] => {
    const data = written.trim();
    if (done || data === "") return [];
    if (broken) return failed(invalid(name));
    if (data === "[DONE]") {
      done = true;
      return reader.done();
    }
    const chunk = parseObject(data);
    broken = chunk === undefined;
    if (chunk === undefined) return [];
    any = true;
    return holdsError(chunk) ? failed(embedded(data).error) : reader.chunk(chunk);
  };
  return eventDecoder(options, read, () => (broken && !any ? invalid(name) : truncated({ name })));
}

/** A whole `chat.completion`. */
function bodyDecoder({ name, embedded, hold }: ChatOptions): DeltaDecoder {
  const read = (json: string): Delta[] | undefined => {
    const completion = parseObject(json);
    if (completion === undefined) return undefined;
    if (holdsError(completion)) return [{ type: "error", error: embedded(json).error }];
    return wholeAnswer(completion);
  };
  return wholeDecoder(name, read, hold);
}

function invalid(name: string): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The answer of '${name}' is no chat completion. Check llms.${name}.base_url and chat_path.`,
  );
}
