/** Output length, stop sequences, sampling and reasoning, within what a Nova takes. */
import { asksFor } from "../../chat/parameters.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import type { NovaModel } from "../models/facts.ts";
import { said } from "../../lib/json.ts";
import { THREE_LEVELS } from "../models/chat.ts";
import { nearestEffort } from "../request/effort.ts";
import { outputTokens, sampling, stopSequences } from "../request/settings.ts";

/**
 * `inferenceConfig` and `reasoningConfig`. While it reasons, Nova takes no temperature; at the highest effort it also
 * sets length and sampling itself, and a request that names them is a 400.
 * https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
 * @param dropped Gets what the client asked for and is left out or lowered.
 */
export function settings(request: ChatRequest, model: NovaModel, dropped: Set<string>): JsonObject {
  const { reasoningEffort: wanted, maxTokens } = request;
  // Nova reasons only when asked.
  const asked = wanted !== undefined && wanted !== "none";
  const effort = asked ? nearestEffort(wanted, model.reasoning ? THREE_LEVELS : [], dropped) : undefined;
  const bare = effort === "high";
  // The number is filled in from other places too; only the client's own is worth a report.
  if (bare && asksFor(request, "max_tokens")) dropped.add("max_tokens");
  return {
    inferenceConfig: said({
      maxTokens:
        maxTokens === undefined || bare ? undefined : outputTokens(request, model.maxOutput, dropped),
      ...sampling(request, dropped, { takes: bare ? "none" : effort === undefined ? "both" : "top_p" }),
      stopSequences: stopSequences(request),
    }),
    reasoningConfig: effort && { type: "enabled", maxReasoningEffort: effort },
  };
}
