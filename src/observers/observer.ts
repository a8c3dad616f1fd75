/** What an observer is told of an exchange. Types only. */
import type { Usage } from "../chat/delta.ts";
import type { DialectName } from "../chat/request.ts";
import type { Route } from "../contracts.ts";
import type { RouterError, TrailEntry } from "../errors.ts";
import type { Target } from "../target.ts";

/** Told of every exchange, over HTTP and WebSocket alike: the log, metrics, a ledger. */
export interface Observer {
  begun?(exchange: { readonly requestId: string; readonly target: Target }): void;
  ended(outcome: Outcome): void;
}

/** The API by which an exchange came. */
export type ApiName = DialectName | "embeddings" | "rerank";

/** One exchange, from its request to the end of its answer. Times in milliseconds since the epoch. */
export interface Outcome {
  readonly requestId: string;
  /** The key's name. */
  readonly client: string;
  readonly dialect: ApiName;
  readonly door: "http" | "websocket" | "background";
  /** The client's `traceparent`. */
  readonly trace?: string | undefined;
  /** As the client wrote it. */
  readonly model: string;
  readonly stream: boolean;
  /** What the client calls the conversation that it is a part of. */
  readonly session?: string | undefined;
  /** Undefined where nobody answered. */
  readonly route?: Route;
  readonly trail: readonly TrailEntry[];
  readonly status: number;
  readonly usage?: Usage;
  /** The upstream has not told the usage: it was counted by length. */
  readonly estimated: boolean;
  /** In millionths of a US dollar; undefined where the prices are not known. */
  readonly cost?: number;
  readonly startedAt: number;
  readonly firstDeltaAt?: number;
  readonly endedAt: number;
  readonly error?: RouterError;
}
