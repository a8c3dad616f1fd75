/** Output length, stop sequences, sampling and reasoning, within what a Nova takes. */
import type { ChatRequest, JsonObject, ReasoningEffort } from "../../openai/types.ts";
import type { NovaModel } from "../catalogue/nova.ts";
import { stopSequences } from "../prompt-settings.ts";

/** Nova's efforts; what goes beyond them is the highest, and reported. */
const EFFORTS: Readonly<Record<Exclude<ReasoningEffort, "none">, "low" | "medium" | "high">> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/**
 * `inferenceConfig` and `reasoningConfig`. While it reasons, Nova takes no temperature; at the highest effort it also
 * sets length and sampling itself, and a request that names them is a 400.
 * https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
 * @param dropped Gets what the client asked for and is left out or lowered.
 */
export function settings(request: ChatRequest, model: NovaModel, dropped: Set<string>): JsonObject {
  const effort = reasoningEffort(request, model, dropped);
  const inference = inferenceConfig(request, model, effort, dropped);
  return {
    ...(Object.keys(inference).length > 0 && { inferenceConfig: inference }),
    ...(effort && { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } }),
  };
}

function reasoningEffort(
  { reasoningEffort: wanted }: ChatRequest,
  model: NovaModel,
  dropped: Set<string>,
): string | undefined {
  // Nova reasons only when asked.
  if (wanted === undefined || wanted === "none") return undefined;
  if (!model.reasoning || wanted === "xhigh" || wanted === "max") dropped.add("reasoning_effort");
  return model.reasoning ? EFFORTS[wanted] : undefined;
}

function inferenceConfig(
  request: ChatRequest,
  model: NovaModel,
  effort: string | undefined,
  dropped: Set<string>,
): JsonObject {
  const { maxTokens, temperature, topP } = request;
  const stop = stopSequences(request);
  const bare = effort === "high";
  if (bare && asksForLength(request)) dropped.add("max_tokens");
  if (bare && topP !== undefined) dropped.add("top_p");
  if (temperature !== undefined && (effort !== undefined || temperature > 1)) dropped.add("temperature");
  const cap = model.maxOutput ?? maxTokens;
  if (!bare && maxTokens !== undefined && cap !== undefined && maxTokens > cap) dropped.add("max_tokens");
  return {
    ...(maxTokens !== undefined && !bare && { maxTokens: Math.min(maxTokens, cap ?? maxTokens) }),
    ...(temperature !== undefined && effort === undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && !bare && { topP }),
    ...(stop.length > 0 && { stopSequences: stop }),
  };
}

/** The number of output tokens is filled in from other places too; only the client's own is worth a report. */
function asksForLength({ raw }: ChatRequest): boolean {
  return (raw.max_completion_tokens ?? raw.max_tokens ?? undefined) !== undefined;
}
