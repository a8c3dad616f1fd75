/**
 * An upstream's answer handed on in its own dialect: its bytes, watched. Whole events only, so that an error event never
 * stands in the middle of one: what is left of it would be an event without data.
 */
import type { Relay, RelayRead, Watched } from "../chat/relay.ts";
import type { Usage } from "../chat/delta.ts";
import type { DialectName } from "../chat/request.ts";
import { RouterError } from "../errors.ts";
import type { MemoryHold } from "../lib/memory.ts";
import { byteBuffer } from "../lib/byte-buffer.ts";
import { type Body, type BodyDecoder, bodyReads, type SourceOptions } from "./source.ts";

/** Of a body that is in hand as a whole: an isolate has 128 MB for everything. A stream may be of any length. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Of what waits for the end of its event. */
export const MAX_LINE_BYTES = 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** What a dialect sees of an answer in passing. */
export interface Watch {
  /** Something that a client shows has come: no other attempt may be made from here on. */
  readonly begun: boolean;
  /** The answer's own end has come. */
  readonly finished: boolean;
  readonly usage: Usage | undefined;
  /** Characters of the answer's text, for an estimate where it tells no usage. */
  readonly chars: number;
  /** The error that the upstream put into its answer. */
  readonly failure: RouterError | undefined;
}

/** Watches server-sent events. */
export interface EventWatch extends Watch {
  /** The data of an event: the same, or what goes out in its place; undefined for one that is taken out. */
  event(data: string): string | undefined;
  /** What stands behind the events that went out where a fresh encoder's events would not go on from them. */
  readonly follow?: {
    /** Tells of a failure. */
    failed(error: RouterError): string;
    /** Fills a silence. */
    readonly silence: string;
  };
}

export interface RelayOptions extends SourceOptions {
  /** What the request has in hand: an answer that comes as one piece is. */
  readonly hold?: MemoryHold | undefined;
  readonly dialect: DialectName;
  readonly contentType: string;
}

/** Hands on server-sent events. */
export function relayEvents(body: Body, watch: EventWatch, options: RelayOptions): Relay {
  const decoder = new TextDecoder();
  const held = byteBuffer();
  /** The line before ended an event, or nothing came before. */
  let atStart = true;
  /** The data line of the event at hand was taken out, so its end goes, too. */
  let omitted = false;

  /** The line as it goes out, its end with it; undefined when it stays as it is. */
  const rewritten = (line: string): string | undefined => {
    const text = line.trimEnd();
    if (text === "") {
      const leave = omitted;
      atStart = true;
      omitted = false;
      return leave ? "" : undefined;
    }
    const first = atStart;
    atStart = false;
    if (!text.startsWith("data:")) return undefined;
    const data = text.slice("data:".length).trimStart();
    const other = watch.event(data);
    if (other === data) return undefined;
    if (other !== undefined) return `data: ${other}\n`;
    omitted = first;
    return "";
  };
  const lines = (bytes: Uint8Array): Uint8Array => {
    const text = decoder.decode(bytes);
    let kept = 0;
    let out = "";
    for (let start = 0, end = 0; start < text.length; start = end) {
      end = text.indexOf("\n", start) + 1 || text.length;
      const other = rewritten(text.slice(start, end));
      if (other === undefined) continue;
      out += text.slice(kept, start) + other;
      kept = end;
    }
    return kept === 0 ? bytes : encoder.encode(out + text.slice(kept));
  };
  const read = (bytes: Uint8Array | undefined, done: boolean): Uint8Array => {
    if (bytes && held.length === 0 && eventsEnd(bytes) === bytes.length) return lines(bytes);
    if (bytes) held.append(bytes);
    let whole: Uint8Array = NOTHING;
    if (done || bytes?.includes(LINE_FEED)) {
      const all = held.take();
      const end = done ? all.length : eventsEnd(all);
      whole = all.slice(0, end);
      held.append(all.subarray(end));
    }
    if (held.length > MAX_LINE_BYTES) throw tooLarge(options, "line", MAX_LINE_BYTES);
    if (whole.length === 0) return NOTHING;
    const out = lines(whole);
    // Half of an answer's last event, when it was cut, is none: what says so comes in its place.
    return done && !watch.finished ? out.subarray(0, eventsEnd(out)) : out;
  };
  return relayed(body, watch, read, options);
}

/** Where the last whole event of some bytes ends: behind its blank line. */
function eventsEnd(bytes: Uint8Array): number {
  for (let at = bytes.lastIndexOf(LINE_FEED); at > 0; at = bytes.lastIndexOf(LINE_FEED, at - 1)) {
    const before = bytes[at - 1] === CARRIAGE_RETURN ? at - 2 : at - 1;
    if (before < 0 || bytes[before] === LINE_FEED) return at + 1;
  }
  return bytes[0] === LINE_FEED ? 1 : 0;
}

/** Hands on a body as one piece, once it has come whole. */
export function relayWhole(
  body: Body,
  watch: Watch & { body(text: string): void },
  options: RelayOptions,
): Relay {
  const parts = byteBuffer();
  const read = (bytes: Uint8Array | undefined, done: boolean): Uint8Array => {
    if (parts.length + (bytes?.length ?? 0) > MAX_BODY_BYTES) throw tooLarge(options, "body", MAX_BODY_BYTES);
    if (bytes) options.hold?.add(2 * bytes.length);
    if (bytes) parts.append(bytes);
    if (!done) return NOTHING;
    const all = parts.take();
    watch.body(new TextDecoder().decode(all));
    return all;
  };
  return relayed(body, watch, read, options);
}

function relayed(
  body: Body,
  watch: Watch & Pick<EventWatch, "follow">,
  read: (bytes: Uint8Array | undefined, done: boolean) => Uint8Array,
  options: RelayOptions,
): Relay {
  /** A failure that the upstream itself does not tell of. */
  let failure: RouterError | undefined;
  /** The bytes behind those that it broke off with. */
  const told = (error: RouterError): Uint8Array => {
    failure = error;
    return watch.follow ? encoder.encode(watch.follow.failed(error)) : NOTHING;
  };
  const decoder: BodyDecoder<RelayRead> = {
    read(bytes, done) {
      const out = read(bytes, done);
      const broken = done && !watch.finished && !watch.failure;
      const end = broken ? told(truncated(options)) : NOTHING;
      return { bytes: end.length > 0 ? joined(out, end) : out, begun: watch.begun };
    },
    fail(error) {
      // What comes after the end takes nothing from the answer.
      return { bytes: watch.finished ? NOTHING : told(error), begun: watch.begun };
    },
    get ended() {
      return watch.failure !== undefined;
    },
  };
  let reads: ReturnType<typeof bodyReads<RelayRead>> | undefined;
  const opened = () => (reads ??= bodyReads(body, decoder, options));
  return {
    dialect: options.dialect,
    contentType: options.contentType,
    ...(watch.follow && { silence: watch.follow.silence }),
    each: (take) => opened().each(take),
    cancel: (reason) => opened().cancel(reason),
    watch: (): Watched => ({
      usage: watch.usage,
      chars: watch.chars,
      failure: watch.failure ?? failure,
      told: watch.failure !== undefined || watch.follow !== undefined,
      complete: watch.finished && watch.failure === undefined,
    }),
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = byteBuffer();
  both.append(first);
  both.append(second);
  return both.take();
}

/** The answer of `name` ended, but not as one that is whole. */
export function truncated({ name }: Pick<SourceOptions, "name">): RouterError {
  return new RouterError(
    "upstream_truncated",
    `The answer of '${name}' broke off before it was complete. Try again; what came so far is not the whole answer.`,
  );
}

/** The answer of `name` is larger than the router reads. */
export function tooLarge({ name }: Pick<SourceOptions, "name">, what: string, bytes: number): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The answer of '${name}' has a ${what} of more than ${bytes / 1024 / 1024} MiB, which the router does not read. Ask for less output, or check the model's base_url.`,
  );
}
