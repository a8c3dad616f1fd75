/** Reads an upstream that is being decoded: one promise per read, everything inside a read synchronous. */
import type { DecodedUpstream } from "../contracts.ts";
import type { Delta } from "../chat/delta.ts";
import { asRouterError, RouterError } from "../errors.ts";
import { onSilence } from "../lib/timing.ts";

/** The deltas of an answer, read by read. */
export interface DeltaSource {
  /** The deltas of the next read, maybe none; undefined once the answer has ended. Never rejects. */
  next(): Promise<Delta[] | undefined>;
  /** Lets go of the upstream. */
  cancel(reason?: unknown): void;
}

export interface SourceOptions {
  /** How messages name the target. */
  readonly name: string;
  /** Aborts the upstream; its reason becomes the error. */
  readonly abort: AbortController;
  /** The longest silence between bytes, in milliseconds. */
  readonly idleTimeoutMs: number;
}

const READ_BYTES = 16_384;

/** Turns a body and its decoder into a {@link DeltaSource}. Failures become a last `error` delta. */
export function deltaSource(upstream: DecodedUpstream, options: SourceOptions): DeltaSource {
  // A slow client keeps us from reading: that silence is not the upstream's.
  let reading = false;
  const idle = onSilence(options.idleTimeoutMs, () => {
    if (reading) options.abort.abort(idleError(options));
  });
  let ended = false;

  const finish = (deltas: Delta[]): Delta[] => {
    ended = true;
    idle.stop();
    return deltas;
  };
  const fail = (error: RouterError): Delta[] => finish([{ type: "error", error }]);
  const taken = (bytes: Uint8Array | undefined, done: boolean): Delta[] => {
    reading = false;
    try {
      const deltas = bytes === undefined ? [] : upstream.decode(bytes);
      if (done) return finish(deltas.concat(upstream.end()));
      if (deltas.at(-1)?.type !== "error") return deltas;
      body.cancel();
      return finish(deltas);
    } catch (thrown) {
      body.cancel();
      return fail(asRouterError(thrown));
    }
  };
  const lost = (thrown: unknown): Delta[] => {
    reading = false;
    return fail(readError(thrown, options));
  };
  const body = openBody(upstream, taken, lost);
  return {
    // Not an async function: with one a stream costs 3 % more.
    next() {
      if (ended) return Promise.resolve(undefined);
      idle.feed();
      reading = true;
      return body.read();
    },
    cancel(reason) {
      finish([]);
      body.cancel(reason);
    },
  };
}

interface OpenBody {
  read(): Promise<Delta[]>;
  cancel(reason?: unknown): void;
}

/** The body in its parts, or as a whole where it can be had so. */
function openBody(
  { body, bytes }: DecodedUpstream,
  taken: (bytes: Uint8Array | undefined, done: boolean) => Delta[],
  lost: (thrown: unknown) => Delta[],
): OpenBody {
  if (bytes) {
    const whole = (all: Uint8Array) => taken(all, true);
    return { read: () => bytes().then(whole, lost), cancel: (reason) => letGo(body, reason) };
  }
  const byob = byobReader(body);
  if (byob) {
    let buffer = new ArrayBuffer(READ_BYTES);
    const part = ({ done, value }: ReadableStreamReadResult<Uint8Array<ArrayBuffer>>) => {
      if (value) buffer = value.buffer;
      return taken(done ? undefined : value, done);
    };
    return {
      read: () => byob.read(new Uint8Array(buffer)).then(part, lost),
      cancel: (reason) => letGo(byob, reason),
    };
  }
  const reader = body.getReader();
  const part = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => taken(value, done);
  return { read: () => reader.read().then(part, lost), cancel: (reason) => letGo(reader, reason) };
}

/**
 * The runtime's own bodies can be read into one buffer again and again: in a burst this costs 5 % less than a new one for
 * each read, and a read may bring 16 KiB instead of 4. Undefined for a stream made in JavaScript that cannot.
 */
function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}

function letGo(body: { cancel(reason?: unknown): Promise<void> }, reason: unknown): void {
  body.cancel(reason).catch(() => {});
}

function readError(thrown: unknown, { abort, name }: SourceOptions): RouterError {
  if (abort.signal.aborted) return asRouterError(abort.signal.reason);
  if (thrown instanceof RouterError) return thrown;
  return new RouterError(
    "upstream_truncated",
    `The connection to the upstream of '${name}' broke off before the answer was complete. Try again; what came so far is not the whole answer.`,
    { cause: thrown },
  );
}

function idleError({ name, idleTimeoutMs }: SourceOptions): RouterError {
  return new RouterError(
    "upstream_timeout",
    `'${name}' sent nothing for ${idleTimeoutMs / 1000} s in the middle of its answer. Try again, raise router.idle_timeout, check the network, or choose another model or aws_region.`,
  );
}
