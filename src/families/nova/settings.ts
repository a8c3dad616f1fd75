/** Output length, stop sequences, sampling and reasoning, within what a Nova takes. */
import { asksFor, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { THREE_LEVELS } from "../models/chat.ts";
import type { NovaModel } from "../models/facts.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { nearestEffort, outputTokens, sampling, stopSequences } from "../request/settings.ts";

const MOST_TOP_K = 128;

/**
 * `inferenceConfig` and `reasoningConfig`. While it reasons, Nova takes no temperature; at the highest effort it also
 * sets length and sampling itself, and a request that names them is a 400.
 * https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
 */
export function settings(
  request: ChatRequest,
  model: NovaModel,
): { readonly fields: JsonObject; readonly dropped: readonly Loss[] } {
  const { reasoningEffort, thinking } = request;
  const wanted = thinking?.mode === "disabled" ? "none" : reasoningEffort;
  // Nova reasons only when asked.
  const asked = wanted !== undefined && wanted !== "none";
  const reasoning = asked ? nearestEffort(wanted, model.reasoning ? THREE_LEVELS : []) : undefined;
  const effort = reasoning?.effort;
  const bare = effort === "high";
  const length = maxTokens(request, model, bare);
  const top = topK(request, bare);
  const takes = bare ? "none" : effort === undefined ? "both" : "top_p";
  const { temperature, topP, dropped } = sampling(request, { takes });
  return {
    fields: {
      inferenceConfig: withoutEmpty({
        maxTokens: length.tokens,
        temperature,
        topP,
        topK: top.topK,
        stopSequences: stopSequences(request),
      }),
      reasoningConfig: effort && { type: "enabled", maxReasoningEffort: effort },
    },
    dropped: [...(reasoning?.dropped ?? []), ...length.dropped, ...dropped, ...top.dropped],
  };
}

function topK(
  { topK: wanted }: ChatRequest,
  bare: boolean,
): { readonly topK: number | undefined; readonly dropped: readonly Loss[] } {
  if (wanted === undefined) return { topK: undefined, dropped: [] };
  const taken = bare ? undefined : Math.min(wanted, MOST_TOP_K);
  return { topK: taken, dropped: taken === wanted ? [] : ["top_k"] };
}

/** The number is filled in from other places too; only the client's own is worth a report. */
function maxTokens(
  request: ChatRequest,
  { maxOutput }: NovaModel,
  bare: boolean,
): { readonly tokens: number | undefined; readonly dropped: readonly Loss[] } {
  if (bare) return { tokens: undefined, dropped: asksFor(request, "max_tokens") ? ["max_tokens"] : [] };
  if (request.maxTokens === undefined) return { tokens: undefined, dropped: [] };
  return outputTokens(request, maxOutput);
}
