/** What an API that clients speak has to bring along, types only. Each stands in its own folder of `dialects/`. */
import type { RouterError } from "../errors.ts";
import type { Delta, Usage } from "./delta.ts";
import type { Folded } from "./fold.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { ChatRequest, DialectName, JsonObject } from "./request.ts";

export interface AnswerIdentity {
  /** 32 hex digits, without a prefix; each dialect puts its own before it. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** The configured name of the model that answers; of one that is only being asked, until the first delta comes. */
  readonly model: string;
}

/** Takes what is to be written: an event's data (a JSON text, or chat's `[DONE]`), and its name where the dialect has names. */
export type Emit = (data: string, event?: string) => void;

/** What is kept of an answer, by dialects whose answers can be asked for again. */
export interface AnswerRecord {
  /** The answer as clients get it. */
  readonly response: JsonObject;
  /** Its items, with what a model wants back of its reasoning. */
  readonly output: readonly JsonObject[];
}

/** Writes one streamed answer. */
export interface AnswerEncoder {
  push(delta: Delta, emit: Emit): void;
  /** Only of dialects whose answers can be kept: the answer as it stands. */
  snapshot?(): JsonObject;
  /**
   * Likewise: writes all but the terminal event of a complete answer and tells what to keep.
   * Call it before `end`; undefined where the answer is not complete. What cannot be kept ends in an `error` delta instead.
   */
  record?(emit: Emit): AnswerRecord | undefined;
  /** Call once, at the end: the terminal events, only where the answer is complete. */
  end(emit: Emit): void;
  /** The bytes of server-sent events that fill a silence: a comment, a `ping`. */
  silence(): string;
  /** Where what fills a silence begins the answer: whether it has begun, so that no other beginning may follow. */
  readonly begun?: boolean;
  /** True once a `finish` delta came and no `error` did: only then the answer may be called complete. */
  readonly complete: boolean;
  /** The error that ended the answer. */
  readonly failure: RouterError | undefined;
  /** What the answer cost so far, as far as the model has told. */
  readonly usage: Usage | undefined;
}

/** One request and its answer, as a dialect sees them. */
export interface Exchange {
  readonly request: ChatRequest;
  stream(identity: AnswerIdentity): AnswerEncoder;
  /** @param answers As many as `request.n` asked for. */
  whole(identity: AnswerIdentity, answers: readonly Folded[]): JsonObject;
}

export interface Dialect {
  readonly name: DialectName;
  /** Where it is served, with and without `/v1` before it. */
  readonly path: string;
  /** A header that only its clients send. */
  readonly mark?: string;
  /** Under which name its clients look for the request's id, beside `x-request-id`. */
  readonly requestIdHeader?: string;
  /**
   * What is left of the limits a minute, in headers of the dialect's own.
   * @param now Milliseconds since the epoch.
   */
  limitHeaders?(rates: RateLimits, now: number): Readonly<Record<string, string>>;
  /**
   * @param body The request's JSON.
   * @param text The same as it was received, where the door has it.
   * @throws RouterError with `param` in the client's own words
   */
  parse(body: unknown, headers: Headers, text?: string): Exchange;
  /** A failure as this dialect's clients know it, before the head of an answer. */
  error(
    error: RouterError,
    requestId: string,
  ): {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: JsonObject;
  };
}
