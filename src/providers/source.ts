/** Reads an upstream's body: one promise per read, everything inside a read synchronous. */
import type { Delta, DeltaSource } from "../chat/delta.ts";
import type { Take } from "../chat/relay.ts";
import { asRouterError, RouterError } from "../errors.ts";
import { byobReader } from "../lib/byob.ts";
import { onSilence } from "../lib/timing.ts";

/** What makes of a body's bytes what its reader wants. */
export interface BodyDecoder<T> {
  /**
   * Synchronous; takes any split of the bytes, which it may not keep.
   * @param done The body has ended; said once.
   */
  read(bytes: Uint8Array | undefined, done: boolean): T;
  /** What stands for a failure of the connection, or of `read`. */
  fail(error: RouterError): T;
  /** True once it wants no more: the upstream is let go of. */
  readonly ended: boolean;
}

export interface BodyReads<T> {
  /** What the next read brings; undefined once the body has ended. Never rejects. */
  next(): Promise<T | undefined>;
  /** Reads on by itself, see {@link Take}. Rejects with what `take` throws. */
  each(take: Take<T>): Promise<void>;
  /** Lets go of the upstream. */
  cancel(reason?: unknown): void;
}

/** A body as it comes from an upstream. */
export interface Body {
  readonly stream: ReadableStream<Uint8Array>;
  /** In place of `stream`, where it is short and comes in one go: reads it whole, which costs less than reading it in parts. */
  readonly bytes?: () => Promise<Uint8Array>;
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

/** Reads a body with a decoder. */
export function bodyReads<T>(body: Body, decoder: BodyDecoder<T>, options: SourceOptions): BodyReads<T> {
  // A slow client keeps us from reading: that silence is not the upstream's.
  let reading = false;
  const idle = onSilence(options.idleTimeoutMs, () => {
    if (reading) options.abort.abort(idleError(options));
  });
  let ended = false;
  /** Where reads go that nobody awaits one by one. */
  let step: ((read: T) => void) | undefined;

  const finish = (last: T): T => {
    ended = true;
    idle.stop();
    return last;
  };
  const taken = (bytes: Uint8Array | undefined, done: boolean): T => {
    reading = false;
    try {
      const read = decoder.read(bytes, done);
      if (!done && !decoder.ended) return read;
      if (!done) open.cancel();
      return finish(read);
    } catch (thrown) {
      open.cancel();
      return finish(decoder.fail(asRouterError(thrown)));
    }
  };
  const lost = (thrown: unknown): T => {
    reading = false;
    return finish(decoder.fail(readError(thrown, options)));
  };
  const told = (read: T): T => {
    step?.(read);
    return read;
  };
  const open = openBody(
    body,
    (bytes, done) => told(taken(bytes, done)),
    (thrown) => told(lost(thrown)),
  );
  const read = (): Promise<T> => {
    idle.feed();
    reading = true;
    return open.read();
  };
  return {
    // Not an async function: with one a stream costs 3 % more.
    next: () => (ended ? Promise.resolve(undefined) : read()),
    // From callback to callback: awaiting each read costs a relayed stream 6 % more.
    async each(take) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const goOn = (): void => void (ended ? resolve() : read());
      step = (value) => {
        try {
          const wait = take(value);
          if (wait === undefined) goOn();
          else if (wait === false) resolve();
          else wait.then(goOn, reject);
        } catch (thrown) {
          reject(thrown);
        }
      };
      goOn();
      await promise;
      step = undefined;
    },
    cancel(reason) {
      ended = true;
      idle.stop();
      open.cancel(reason);
    },
  };
}

/** The two halves of a decoder to deltas. */
export interface DeltaDecoder {
  /** Synchronous; takes any split of the bytes, which it may not keep. After an `error` delta it returns nothing more. */
  decode(bytes: Uint8Array): Delta[];
  /** Call once, when the body has ended. Gives an `error` delta if the terminal event never came. */
  end(): Delta[];
}

/** Turns a body and its decoder into deltas. Failures become a last `error` delta. */
export function deltaSource(body: Body, decoder: DeltaDecoder, options: SourceOptions): DeltaSource {
  let ended = false;
  return bodyReads<Delta[]>(
    body,
    {
      read(bytes, done) {
        const deltas = bytes === undefined ? [] : decoder.decode(bytes);
        if (done) return deltas.concat(decoder.end());
        ended = deltas.at(-1)?.type === "error";
        return deltas;
      },
      fail: (error) => [{ type: "error", error }],
      get ended() {
        return ended;
      },
    },
    options,
  );
}

/** Deltas that open their body when they are first read: until then a relay may take it. */
export function lazyDeltas(open: () => DeltaSource): DeltaSource {
  let source: DeltaSource | undefined;
  const opened = () => (source ??= open());
  return { next: () => opened().next(), cancel: (reason) => opened().cancel(reason) };
}

interface OpenBody<T> {
  read(): Promise<T>;
  cancel(reason?: unknown): void;
}

/** The body in its parts, or as a whole where it can be had so. */
function openBody<T>(
  { stream, bytes }: Body,
  taken: (bytes: Uint8Array | undefined, done: boolean) => T,
  lost: (thrown: unknown) => T,
): OpenBody<T> {
  if (bytes) {
    const whole = (all: Uint8Array) => taken(all, true);
    return { read: () => bytes().then(whole, lost), cancel: (reason) => letGo(stream, reason) };
  }
  const byob = byobReader(stream);
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
  const reader = stream.getReader();
  const part = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => taken(value, done);
  return { read: () => reader.read().then(part, lost), cancel: (reason) => letGo(reader, reason) };
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
