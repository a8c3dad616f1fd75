/**
 * The wanted effort as Claude's thinking, whichever way the request travels.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html, …adaptive-thinking.html
 */
import type { Loss } from "../../chat/parameters.ts";
import type { ChatRequest, JsonObject, ReasoningEffort } from "../../chat/request.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { nearestEffort } from "./settings.ts";

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
  /** Whether the thinking of earlier steps goes back: only to a model that thinks, asked or by itself. */
  readonly replays: boolean;
  /** `reasoning` where it is not, or not fully, honoured. */
  readonly dropped: readonly Loss[];
}

export interface ThinkingContext {
  readonly model: ClaudeModel;
  readonly limits: ThinkingLimits;
  /** Output tokens for the answer. */
  readonly maxTokens: number;
  /** The most output tokens of the model, where known. */
  readonly cap: number | undefined;
}

/**
 * A forced tool and a started answer are demands, effort is a hint: they win. With a token budget, Claude wants the
 * signed thinking blocks of the turn back with its tool results; OpenAI's messages have no place for them, so where the
 * router has not kept them such a turn goes on without thinking. Adaptive thinking does not insist on them.
 */
export function planThinking(request: ChatRequest, context: ThinkingContext): ThinkingPlan {
  const { model, limits, maxTokens, cap } = context;
  const wanted = wantedEffort(request);
  const dropped: readonly Loss[] = ["reasoning"];
  const { thinksByDefault, turnsOff } = model;
  if (wanted === undefined) return { maxTokens, replays: thinksByDefault, dropped: [] };
  if (wanted === "none" && !thinksByDefault) return { maxTokens, replays: false, dropped: [] };
  if (wanted === "none" && turnsOff !== undefined) {
    return { thinking: { type: turnsOff }, maxTokens, replays: turnsOff === "between_tools", dropped: [] };
  }
  // It thinks always: the least effort comes nearest.
  if (wanted === "none") return { effort: model.efforts[0], maxTokens, replays: true, dropped };
  const { forcedTool, prefilled, inToolLoop, keepsReasoning } = limits;
  const unfounded = model.thinking === "budget" && inToolLoop && !keepsReasoning;
  if (model.thinking === "none" || forcedTool || prefilled || unfounded) {
    return { maxTokens, replays: thinksByDefault, dropped };
  }
  const budget = request.thinking?.budget;
  if (model.thinking === "budget") {
    const plan =
      budget === undefined ? withBudget(BUDGET_TOKENS[wanted], maxTokens, cap) : within(budget, maxTokens);
    return plan ?? { maxTokens, replays: false, dropped };
  }
  const { effort, dropped: lowered } = nearestEffort(wanted, model.efforts);
  const display = request.thinking?.display ?? "summarized";
  const thinking = { type: "adaptive", ...(model.hidesThinking && model.displays !== false && { display }) };
  return { thinking, effort, maxTokens, replays: true, dropped: lowered };
}

/** An effort says more than a bare wish to think, a budget says how much. */
function wantedEffort({ reasoningEffort, thinking }: ChatRequest): ReasoningEffort | undefined {
  if (thinking?.mode === "disabled") return "none";
  if (thinking === undefined || (reasoningEffort !== undefined && reasoningEffort !== "none"))
    return reasoningEffort;
  const { budget = BUDGET_TOKENS.high } = thinking;
  const levels = ["low", "medium", "high"] as const;
  return levels.findLast((level) => BUDGET_TOKENS[level] <= budget) ?? "low";
}

/** Thinking counts as output, so `max_tokens` grows by the budget to leave the answer its room. */
function withBudget(wanted: number, maxTokens: number, cap = Number.POSITIVE_INFINITY): ThinkingPlan {
  const budget = Math.min(wanted, cap - Math.min(maxTokens, LEAST_ANSWER_TOKENS));
  const thinking = { type: "enabled", budget_tokens: budget };
  return { thinking, maxTokens: Math.min(maxTokens + budget, cap), replays: true, dropped: [] };
}

/** A client that names a budget has counted it into the output tokens. Undefined where nothing would be left to think with. */
function within(wanted: number, maxTokens: number): ThinkingPlan | undefined {
  const budget = Math.min(wanted, maxTokens - 1);
  if (budget < BUDGET_TOKENS.minimal) return undefined;
  return {
    thinking: { type: "enabled", budget_tokens: budget },
    maxTokens,
    replays: true,
    dropped: budget < wanted ? ["reasoning"] : [],
  };
}
