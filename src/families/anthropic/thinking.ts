/** `reasoning_effort` as Claude's thinking. */
import type { ChatRequest, JsonObject, ReasoningEffort } from "../../openai/types.ts";
import type { ClaudeModel } from "../catalogue.ts";

type Effort = Exclude<ReasoningEffort, "none">;

/** Tokens to think with. Claude takes no fewer than 1024. */
const BUDGET_TOKENS: Readonly<Record<Effort, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 4096,
  high: 16_384,
  xhigh: 32_000,
  max: 32_000,
};
/** Kept for the answer itself where budget and answer together exceed what the model can put out. */
const LEAST_ANSWER_TOKENS = 4096;

/** What keeps the model from thinking in this request. */
export interface ThinkingLimits {
  /** `tool_choice` forces a call: not together with thinking. */
  readonly forcedTool: boolean;
  /** Continues an assistant turn: not together with thinking. */
  readonly prefilled: boolean;
  /** Ends with tool results: see {@link planThinking}. */
  readonly inToolLoop: boolean;
  /** The thinking that led to those calls is there. */
  readonly keepsReasoning: boolean;
}

export interface ThinkingPlan {
  /** `thinking`. */
  readonly thinking?: JsonObject;
  /** `output_config.effort`. */
  readonly effort?: string;
  readonly maxTokens: number;
}

/**
 * A forced tool and a started answer are demands, effort is a hint: they win. With a token budget, Claude wants the
 * signed thinking blocks of the turn back with its tool results; OpenAI's messages have no place for them, so where the
 * router has not kept them such a turn goes on without thinking. Adaptive thinking does not insist on them.
 * @param maxTokens Output tokens for the answer.
 * @param dropped Gets `reasoning_effort` where it is not, or not fully, honoured.
 */
export function planThinking(
  { reasoningEffort }: ChatRequest,
  model: ClaudeModel,
  limits: ThinkingLimits,
  maxTokens: number,
  dropped: Set<string>,
): ThinkingPlan {
  if (reasoningEffort === undefined) return { maxTokens };
  if (reasoningEffort === "none") {
    if (!model.thinksByDefault) return { maxTokens };
    // It thinks on its own, some models always: the least effort comes nearest.
    dropped.add("reasoning_effort");
    return { effort: "low", maxTokens };
  }
  const budgetLoop = model.thinking === "budget" && limits.inToolLoop && !limits.keepsReasoning;
  if (model.thinking === "none" || limits.forcedTool || limits.prefilled || budgetLoop) {
    dropped.add("reasoning_effort");
    return { maxTokens };
  }
  if (model.thinking === "budget") return budgetThinking(reasoningEffort, model, maxTokens);
  const effort = adaptiveEffort(reasoningEffort, model);
  if (effort !== reasoningEffort && effort !== "low") dropped.add("reasoning_effort");
  const display = model.hidesThinking ? { display: "summarized" } : {};
  return { thinking: { type: "adaptive", ...display }, effort, maxTokens };
}

/** Thinking counts as output, so `max_tokens` grows by the budget to leave the answer its room. */
function budgetThinking(effort: Effort, model: ClaudeModel, maxTokens: number): ThinkingPlan {
  const cap = model.maxOutput ?? Number.POSITIVE_INFINITY;
  const budget = Math.min(BUDGET_TOKENS[effort], cap - Math.min(maxTokens, LEAST_ANSWER_TOKENS));
  return {
    thinking: { type: "enabled", budget_tokens: budget },
    maxTokens: Math.min(maxTokens + budget, cap),
  };
}

function adaptiveEffort(effort: Effort, model: ClaudeModel): string {
  if (effort === "minimal") return "low";
  return effort === "xhigh" && !model.xhigh ? "high" : effort;
}
