/** The wanted effort in the words of the model behind Converse. */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { planThinking, type ThinkingLimits } from "../request/thinking.ts";
import { nearestEffort } from "../request/settings.ts";

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
  /** `reasoning` where it is not, or not fully, honoured. */
  readonly dropped: readonly Loss[];
}

/** What the reasoning depends on; see planThinking. */
export interface ReasoningContext {
  readonly model: ConverseModel;
  readonly limits: ThinkingLimits;
  /** Output tokens for the answer. */
  readonly maxTokens: number;
  /** The most output tokens of the model, where known. */
  readonly cap: number | undefined;
}

/** The wanted effort as the model behind Converse takes it. */
export function planReasoning(request: ChatRequest, context: ReasoningContext): ReasoningPlan {
  const { model, maxTokens } = context;
  const { claude, effort: style } = model;
  const plain: ReasoningPlan = { maxTokens, excludes: "nothing", replays: claude === undefined, dropped: [] };
  if (claude !== undefined) {
    const { thinking, ...plan } = planThinking(request, { ...context, model: claude });
    if (thinking === undefined) return { ...plain, ...plan };
    return { ...plan, fields: { thinking }, excludes: "sampling" };
  }
  const wanted = request.thinking?.mode === "disabled" ? "none" : request.reasoningEffort;
  if (wanted === undefined || (wanted === "none" && (style === "nova" || style === "none"))) return plain;
  // Some always reason: for "none" the least effort comes nearest.
  const { effort, dropped } = nearestEffort(wanted, model.efforts);
  if (style === "reasoning.effort") return { ...plain, fields: { reasoning: { effort } }, dropped };
  if (style === "reasoning_effort") return { ...plain, fields: { reasoning_effort: effort }, dropped };
  return style === "nova" ? { ...novaReasoning(effort, plain), dropped } : { ...plain, dropped };
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function novaReasoning(effort: string | undefined, plain: ReasoningPlan): ReasoningPlan {
  const fields = { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } };
  if (effort === "high") return { ...plain, fields, maxTokens: undefined, excludes: "sampling" };
  return { ...plain, fields, excludes: "temperature" };
}
