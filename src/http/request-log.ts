/** One structured log line for each chat completion: what happened, how long it took, what it cost. Never content, never keys. */
import { costOf, type Prices } from "../chat/cost.ts";
import type { Usage } from "../chat/delta.ts";
import type { RouterError } from "../errors.ts";
import type { Route } from "../routing/dispatch.ts";
import { factsOf } from "../routing/facts.ts";

export interface RequestLog {
  /** Notes that the first delta is there, or the whole answer. */
  begun(route: Route): void;
  /** Writes the line. An OpenAI-compatible answer that is handed on natively has no known usage. */
  ended(outcome: {
    readonly status: number;
    readonly usage?: Usage | undefined;
    readonly error?: RouterError | undefined;
  }): void;
}

/**
 * @param request What is known at the start; `model` is as the client wrote it, shortened.
 * @param now Milliseconds since the epoch.
 */
export function requestLog(
  request: {
    readonly requestId: string;
    readonly client: string;
    readonly model: string;
    readonly stream: boolean;
  },
  now: () => number,
): RequestLog {
  const started = now();
  let route: Route | undefined;
  let firstByteMs: number | null = null;
  return {
    begun(made) {
      route = made;
      firstByteMs = now() - started;
    },
    ended({ status, usage, error }) {
      console.log(
        JSON.stringify({
          request_id: request.requestId,
          client: request.client,
          requested_model: request.model.slice(0, 200),
          model: route?.target.name ?? null,
          strategy: route?.strategy ?? null,
          attempts: route?.trail ?? error?.trail ?? [],
          stream: request.stream,
          status,
          ...(error && { code: error.code }),
          first_byte_ms: firstByteMs,
          total_ms: now() - started,
          prompt_tokens: usage?.promptTokens ?? null,
          completion_tokens: usage?.completionTokens ?? null,
          cached_tokens: usage?.cachedTokens ?? null,
          cost_usd: route && usage ? dollars(usage, factsOf(route.target).prices) : null,
        }),
      );
    },
  };
}

/** US dollars with six decimals; null where the prices are not known. */
function dollars(usage: Usage, prices: Prices | undefined): number | null {
  return prices === undefined ? null : costOf(usage, prices) / 1_000_000;
}
