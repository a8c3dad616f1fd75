/** One structured log line for each exchange: what happened, how long it took, what it cost. Never content, never keys. */
import type { Observer, Outcome } from "./observer.ts";

/** Of what a client wrote. */
const MAX_MODEL_CHARS = 200;

/**
 * What OpenTelemetry calls it, so that its tools find what they know: https://github.com/open-telemetry/semantic-conventions-genai
 */
function genAi({ dialect, model, route, usage, error }: Outcome): Record<string, string | number> {
  const provider = route?.target.provider;
  return {
    "gen_ai.operation.name": dialect === "embeddings" || dialect === "rerank" ? dialect : "chat",
    "gen_ai.request.model": model.slice(0, MAX_MODEL_CHARS),
    ...(route && { "gen_ai.response.model": route.target.model }),
    ...(provider && { "gen_ai.provider.name": provider === "bedrock" ? "aws.bedrock" : provider }),
    ...(usage && {
      "gen_ai.usage.input_tokens": usage.promptTokens,
      "gen_ai.usage.output_tokens": usage.completionTokens,
      "gen_ai.usage.cache_read.input_tokens": usage.cachedTokens ?? 0,
      "gen_ai.usage.cache_creation.input_tokens": usage.cacheWriteTokens ?? 0,
    }),
    ...(error && { "error.type": error.code }),
  };
}

export const log: Observer = {
  ended(outcome) {
    const { usage, route, error, trace } = outcome;
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
        ...(trace !== undefined && { traceparent: trace }),
        ...genAi(outcome),
      }),
    );
  },
};
