/** `reasoning_effort` in the words of the model behind Converse. */
import type { ChatRequest, JsonObject, ReasoningEffort } from "../../openai/types.ts";
import type { ClaudeModel } from "../catalogue.ts";
import type { ConverseModel } from "./models.ts";

type Effort = Exclude<ReasoningEffort, "none">;

/** Tokens for Claude to think with; it takes no fewer than 1024. */
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

/** The efforts of Nova and gpt-oss; what goes beyond them is the highest, and reported. */
const THREE_STEPS: Readonly<Record<Effort, "low" | "medium" | "high">> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** What stands beside the effort in the request. */
export interface Company {
  /** `toolChoice` forces a call: Claude then cannot think. */
  readonly forcedTool: boolean;
  /** Continues an assistant turn: nor then. */
  readonly prefilled: boolean;
  /** Ends with tool results: Claude's thinking with a budget then wants its signed blocks back. */
  readonly inToolLoop: boolean;
  /** They are there. */
  readonly keepsReasoning: boolean;
}

export interface ReasoningPlan {
  /** `additionalModelRequestFields`. */
  readonly fields?: JsonObject;
  /** `outputConfig.effort`. */
  readonly effort?: string;
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
  { reasoningEffort: wanted }: ChatRequest,
  model: ConverseModel,
  company: Company,
  maxTokens: number,
  cap: number | undefined,
  dropped: Set<string>,
): ReasoningPlan {
  const plain: ReasoningPlan = { maxTokens, excludes: "nothing", replays: model.claude === undefined };
  if (wanted === undefined) return plain;
  if (model.claude !== undefined) return claudeThinking(wanted, model.claude, company, plain, cap, dropped);
  if (model.effort === "reasoning.effort") {
    const effort = wanted === "minimal" ? "low" : wanted;
    return { ...plain, fields: { reasoning: { effort } } };
  }
  if (wanted === "none") {
    if (model.effort !== "reasoning_effort") return plain;
    // gpt-oss always reasons: the least effort comes nearest.
    dropped.add("reasoning_effort");
    return { ...plain, fields: { reasoning_effort: "low" } };
  }
  if (model.effort === "none" || wanted === "xhigh" || wanted === "max") dropped.add("reasoning_effort");
  const step = THREE_STEPS[wanted];
  if (model.effort === "reasoning_effort") return { ...plain, fields: { reasoning_effort: step } };
  return model.effort === "nova" ? novaReasoning(step, plain) : plain;
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function novaReasoning(effort: "low" | "medium" | "high", plain: ReasoningPlan): ReasoningPlan {
  const fields = { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } };
  if (effort === "high") return { ...plain, fields, maxTokens: undefined, excludes: "sampling" };
  return { ...plain, fields, excludes: "temperature" };
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html, …adaptive-thinking.html */
function claudeThinking(
  wanted: ReasoningEffort,
  model: ClaudeModel,
  { forcedTool, prefilled, inToolLoop, keepsReasoning }: Company,
  plain: ReasoningPlan,
  cap: number | undefined,
  dropped: Set<string>,
): ReasoningPlan {
  if (wanted === "none") {
    if (!model.thinksByDefault) return plain;
    // It thinks on its own, some models always: the least effort comes nearest.
    dropped.add("reasoning_effort");
    return { ...plain, effort: "low" };
  }
  const budgeted = model.thinking === "budget";
  const unfounded = budgeted && inToolLoop && !keepsReasoning;
  if (model.thinking === "none" || forcedTool || prefilled || unfounded) {
    dropped.add("reasoning_effort");
    return plain;
  }
  if (budgeted) return withBudget(BUDGET_TOKENS[wanted], plain, cap);
  const effort = wanted === "xhigh" && !model.xhigh ? "high" : wanted === "minimal" ? "low" : wanted;
  if (effort !== wanted && effort !== "low") dropped.add("reasoning_effort");
  const display = model.hidesThinking ? { display: "summarized" } : {};
  const fields = { thinking: { type: "adaptive", ...display } };
  return { ...plain, fields, effort, excludes: "sampling", replays: true };
}

/** Thinking counts as output, so `maxTokens` grows by the budget to leave the answer its room. */
function withBudget(
  wanted: number,
  { maxTokens = 0 }: ReasoningPlan,
  cap = Number.POSITIVE_INFINITY,
): ReasoningPlan {
  const budget = Math.min(wanted, cap - Math.min(maxTokens, LEAST_ANSWER_TOKENS));
  const fields = { thinking: { type: "enabled", budget_tokens: budget } };
  return { fields, maxTokens: Math.min(maxTokens + budget, cap), excludes: "sampling", replays: true };
}
