/** What both ways to a model have in common: a request goes in, the route and chunks come out, then it is over. */
import { type JsonObject, numberOf, textOf } from "../../lib/json.ts";

/** How the router made the answer: `x-router-*` over HTTP, `router` over WebSocket. */
export interface Route {
  readonly model?: string | undefined;
  readonly strategy?: string | undefined;
  readonly attempts?: number | undefined;
  /** Parameters that the model could not honour. */
  readonly dropped: readonly string[];
  readonly unknownModel?: string | undefined;
  /** Why this model, in the router's words. */
  readonly reason?: string | undefined;
  /** Every attempt, the last being the answer's own. */
  readonly trail?: readonly Attempt[] | undefined;
  readonly requestId?: string | undefined;
}

export interface Attempt {
  readonly model: string;
  /** A region, or one of several keys; empty where there is one. */
  readonly place: string;
  /** `ok`, or an error code. */
  readonly outcome: string;
  readonly ms: number;
}

/** An attempt, as the router or the page's storage tells it. */
export function attemptFrom({ model, place, outcome, ms }: JsonObject): Attempt {
  return {
    model: textOf(model) ?? "",
    place: textOf(place) ?? "",
    outcome: textOf(outcome) ?? "",
    ms: numberOf(ms) ?? 0,
  };
}

export interface Listener {
  /** Once, before the first chunk, where the router tells it. */
  route(route: Route): void;
  /** A `chat.completion.chunk`. */
  chunk(chunk: JsonObject): void;
  /** The connection was lost and is there again. */
  resumed?(): void;
}

/** Sends chat completion requests. */
export interface Transport {
  /**
   * Resolves when the answer is complete.
   * @throws ApiError; the signal's reason once it has aborted.
   */
  send(body: JsonObject, listener: Listener, signal: AbortSignal): Promise<void>;
  /** Makes ready for a request that will come soon. */
  warm(): void;
  /** Lets go of what is open. */
  close(): void;
}
