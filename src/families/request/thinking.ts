/**
 * `reasoning_effort` as Claude's thinking, whichever way the request travels.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html, …adaptive-thinking.html
 */
import type { ChatRequest, JsonObject, ReasoningEffort } from "../../chat/request.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { nearestEffort } from "./effort.ts";

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
  /** A call is forced: not together with thinking. */
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
  readonly thinking?: JsonObject | undefined;
  /** `output_config.effort`. */
  readonly effort?: string | undefined;
  /** The tokens to ask for. */
  readonly maxTokens: number;
}

/**
 * A forced tool and a started answer are demands, effort is a hint: they win. With a token budget, Claude wants the
 * signed thinking blocks of the turn back with its tool results; OpenAI's messages have no place for them, so where the
 * router has not kept them such a turn goes on without thinking. Adaptive thinking does not insist on them.
 * @param maxTokens Output tokens for the answer.
 * @param cap The most output tokens of the model, where known.
 * @param dropped Gets `reasoning_effort` where it is not, or not fully, honoured.
 */
export function planThinking(
  { reasoningEffort: wanted }: ChatRequest,
  model: ClaudeModel,
  { forcedTool, prefilled, inToolLoop, keepsReasoning }: ThinkingLimits,
  maxTokens: number,
  cap: number | undefined,
  dropped: Set<string>,
): ThinkingPlan {
  if (wanted === undefined || (wanted === "none" && !model.thinksByDefault)) return { maxTokens };
  if (wanted === "none") {
    // It thinks on its own, some models always: the least effort comes nearest.
    dropped.add("reasoning_effort");
    return { effort: "low", maxTokens };
  }
  const unfounded = model.thinking === "budget" && inToolLoop && !keepsReasoning;
  if (model.thinking === "none" || forcedTool || prefilled || unfounded) {
    dropped.add("reasoning_effort");
    return { maxTokens };
  }
  if (model.thinking === "budget") return withBudget(BUDGET_TOKENS[wanted], maxTokens, cap);
  const effort = nearestEffort(wanted, model.efforts, dropped) ?? "low";
  const display = model.hidesThinking ? { display: "summarized" } : {};
  return { thinking: { type: "adaptive", ...display }, effort, maxTokens };
}

/** Thinking counts as output, so `max_tokens` grows by the budget to leave the answer its room. */
function withBudget(wanted: number, maxTokens: number, cap = Number.POSITIVE_INFINITY): ThinkingPlan {
  const budget = Math.min(wanted, cap - Math.min(maxTokens, LEAST_ANSWER_TOKENS));
  return {
    thinking: { type: "enabled", budget_tokens: budget },
    maxTokens: Math.min(maxTokens + budget, cap),
  };
}
