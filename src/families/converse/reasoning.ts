/** `reasoning_effort` in the words of the model behind Converse. */
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { planThinking, type ThinkingLimits } from "../request/thinking.ts";
import { nearestEffort } from "../request/effort.ts";

export interface ReasoningPlan {
  /** `additionalModelRequestFields`. */
  readonly fields?: JsonObject | undefined;
  /** `outputConfig.effort`. */
  readonly effort?: string | undefined;
  /** The tokens to ask for; undefined where the model then sets them itself. */
  readonly maxTokens: number | undefined;
  /** What the model does not take while it reasons. */
  readonly excludes: "nothing" | "temperature" | "sampling";
  /** Whether it takes the reasoning of earlier steps back. */
  readonly replays: boolean;
}

/**
 * @param maxTokens Output tokens for the answer.
 * @param cap The most output tokens of the model, where known.
 * @param dropped Gets `reasoning_effort` where it is not, or not fully, honoured.
 */
export function planReasoning(
  request: ChatRequest,
  model: ConverseModel,
  limits: ThinkingLimits,
  maxTokens: number,
  cap: number | undefined,
  dropped: Set<string>,
): ReasoningPlan {
  const { reasoningEffort: wanted } = request;
  const plain = { maxTokens, excludes: "nothing", replays: model.claude === undefined } as const;
  if (model.claude !== undefined) {
    const { thinking, ...plan } = planThinking(request, model.claude, limits, maxTokens, cap, dropped);
    if (thinking === undefined) return { ...plain, ...plan };
    return { ...plan, fields: { thinking }, excludes: "sampling", replays: true };
  }
  const { effort: style } = model;
  if (wanted === undefined || (wanted === "none" && (style === "nova" || style === "none"))) return plain;
  // Some always reason: for "none" the least effort comes nearest.
  const effort = nearestEffort(wanted, model.efforts, dropped);
  if (style === "reasoning.effort") return { ...plain, fields: { reasoning: { effort } } };
  if (style === "reasoning_effort") return { ...plain, fields: { reasoning_effort: effort } };
  return style === "nova" ? novaReasoning(effort, plain) : plain;
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function novaReasoning(effort: string | undefined, plain: ReasoningPlan): ReasoningPlan {
  const fields = { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } };
  if (effort === "high") return { ...plain, fields, maxTokens: undefined, excludes: "sampling" };
  return { ...plain, fields, excludes: "temperature" };
}
