/** An upstream's answer in its own dialect, for a client that speaks the same. Types only. */
import type { RouterError } from "../errors.ts";
import type { Usage } from "./delta.ts";
import type { DialectName } from "./request.ts";

/** An answer handed on in the upstream's own dialect, watched on its way. */
export interface Relay {
  readonly dialect: DialectName;
  /** Of the head. */
  readonly contentType: string;
  /** Reads on, up to the end of the answer or until `take` wants no more. Rejects with what `take` throws. */
  each(take: Take<RelayRead>): Promise<void>;
  /** Lets go of the upstream. */
  cancel(reason?: unknown): void;
  /** What has been seen so far. */
  watch(): Watched;
  /** Fills a silence behind its events, where what a fresh encoder writes does not go on from them. */
  readonly silence?: string;
  /** Where nobody is to read it (`usage: unread`): the body, in place of all of the above. */
  readonly unread?: ReadableStream<Uint8Array>;
}

/** Takes a read. What it returns: a promise to wait for before the next one, false for no more reads now. */
export type Take<T> = (read: T) => Promise<unknown> | false | undefined;

export interface RelayRead {
  /** May be none; valid until the next read. */
  readonly bytes: Uint8Array;
  /** Something that a client shows has come, with these bytes or before: until then another attempt may be made. */
  readonly begun: boolean;
}

export interface Watched {
  readonly usage: Usage | undefined;
  /** Characters of the answer's text, for an estimate where it tells no usage. */
  readonly chars: number;
  readonly failure: RouterError | undefined;
  /** The bytes themselves tell of the failure. */
  readonly told: boolean;
  readonly complete: boolean;
}
