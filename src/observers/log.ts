/** One structured log line for each exchange: what happened, how long it took, what it cost. Never content, never keys. */
import type { Observer } from "./observer.ts";

/** Of what a client wrote. */
const MAX_MODEL_CHARS = 200;

export const log: Observer = {
  ended({ usage, route, error, ...outcome }) {
    console.log(
      JSON.stringify({
        request_id: outcome.requestId,
        client: outcome.client,
        dialect: outcome.dialect,
        door: outcome.door,
        requested_model: outcome.model.slice(0, MAX_MODEL_CHARS),
        model: route?.target.name ?? null,
        strategy: route?.strategy ?? null,
        attempts: outcome.trail,
        stream: outcome.stream,
        status: outcome.status,
        ...(error && { code: error.code }),
        first_byte_ms: outcome.firstDeltaAt === undefined ? null : outcome.firstDeltaAt - outcome.startedAt,
        total_ms: outcome.endedAt - outcome.startedAt,
        prompt_tokens: usage?.promptTokens ?? null,
        completion_tokens: usage?.completionTokens ?? null,
        cached_tokens: usage?.cachedTokens ?? null,
        ...(outcome.estimated && { estimated: true }),
        cost_usd: outcome.cost === undefined ? null : outcome.cost / 1_000_000,
      }),
    );
  },
};
