/**
 * Thinking and effort of a Messages request in the words of the model that answers: clients choose by a model's name, which a
 * router gives itself. https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
 */
import { asObject, type JsonObject } from "../../../lib/json.ts";
import type { ClaudeModel } from "../../models/facts.ts";

type Effort = ClaudeModel["efforts"][number];

const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;
/** Tokens to think with, for models that want a number. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_000,
  max: 64_000,
};
const LEAST_BUDGET = 1024;
/** Of `max_tokens`: the rest is for the answer. */
const MOST_OF_OUTPUT = 0.8;

/** What the rest of the request has to do with thinking. */
export interface ThinkingFacts {
  readonly maxTokens: number;
  /** A call is forced: not together with a budget. */
  readonly forcedTool: boolean;
  /** The turn goes on without the thinking that began it: not together with a budget. */
  readonly unfounded: boolean;
  /** `display: "updates"` is taken. */
  readonly updates: boolean;
}

export interface ThinkingEdit {
  /** The field to send; undefined for none. */
  readonly thinking: JsonObject | undefined;
  readonly effort: Effort | undefined;
  /** Whether the model will think, or may. */
  readonly thinks: boolean;
  /** What of the client's wish was lost, by the names of its fields. */
  readonly dropped: readonly string[];
}

/** @param body The client's. Its `thinking` and `output_config` were checked. */
export function editThinking(body: JsonObject, model: ClaudeModel, facts: ThinkingFacts): ThinkingEdit {
  const asked = asObject(body.thinking);
  const wanted = EFFORTS.find((effort) => effort === asObject(body.output_config)?.effort);
  const own = thinkingFor(asked, wanted, model, facts);
  const effort = nearest(own.effort ?? wanted, model);
  // A budget says as much as an effort.
  const lost = wanted !== undefined && effort !== wanted && own.thinking?.type !== "enabled";
  return {
    thinking:
      own.thinking && (model.displays === false ? plain(own.thinking) : displayed(own.thinking, facts)),
    effort,
    thinks: own.thinking === undefined ? model.thinksByDefault : own.thinking.type !== "disabled",
    dropped: [...(own.lost ? ["thinking"] : []), ...(lost ? ["output_config.effort"] : [])],
  };
}

interface Wish {
  readonly thinking?: JsonObject | undefined;
  /** Where the wish for thinking says it, in place of the client's own. */
  readonly effort?: Effort | undefined;
  readonly lost?: boolean;
}

function thinkingFor(
  asked: JsonObject | undefined,
  effort: Effort | undefined,
  model: ClaudeModel,
  facts: ThinkingFacts,
): Wish {
  if (asked === undefined) return {};
  // Nothing is known of a model behind an ARN: it says itself what it does not take.
  if (model.thinking === "none") return isHidden(model) ? { thinking: asked } : { lost: isWish(asked) };
  if (asked.type === "disabled") return turnedOff(asked, effort, model);
  if (model.thinking === "budget") return budgeted(asked, effort, facts);
  return adaptive(asked, effort, model, facts);
}

function isWish({ type }: JsonObject): boolean {
  return type !== "disabled";
}

/** A model whose id is hidden has no limits in the table. */
function isHidden({ maxOutput }: ClaudeModel): boolean {
  return maxOutput === undefined;
}

/** Some models cannot be kept from thinking, and some only between tools. */
function turnedOff(asked: JsonObject, effort: Effort | undefined, model: ClaudeModel): Wish {
  if (model.turnsOff === undefined) return model.thinksByDefault ? { lost: true } : { thinking: asked };
  const tooMuch = effort === "xhigh" || effort === "max";
  return {
    thinking: model.turnsOff === "disabled" ? asked : { type: "between_tools" },
    ...(tooMuch && { effort: "high" }),
  };
}

/** `enabled` with a number of tokens, which has to be less than all of the output. */
function budgeted(asked: JsonObject, effort: Effort | undefined, facts: ThinkingFacts): Wish {
  if (facts.forcedTool || facts.unfounded || facts.maxTokens <= LEAST_BUDGET) return { lost: true };
  const most = facts.maxTokens - 1;
  if (asked.type === "enabled") {
    const budget = Number(asked.budget_tokens);
    return { thinking: budget <= most ? asked : { ...asked, budget_tokens: most } };
  }
  const room = Math.max(LEAST_BUDGET, Math.floor(facts.maxTokens * MOST_OF_OUTPUT));
  const budget = Math.min(BUDGETS[effort ?? "high"], room);
  const { display } = asked;
  return { thinking: { type: "enabled", budget_tokens: budget, ...(display !== undefined && { display }) } };
}

function adaptive(
  asked: JsonObject,
  effort: Effort | undefined,
  model: ClaudeModel,
  facts: ThinkingFacts,
): Wish {
  if (asked.type === "adaptive") return { thinking: asked };
  if (asked.type === "between_tools") {
    return { thinking: model.turnsOff === "between_tools" ? asked : { ...asked, type: "adaptive" } };
  }
  // The 4.6 generation takes both ways.
  if (!model.hidesThinking) return budgeted(asked, effort, facts);
  const { display = "summarized", budget_tokens: tokens } = asked;
  return { thinking: { type: "adaptive", display }, effort: effort ?? effortOf(Number(tokens)) };
}

function effortOf(budget: number): Effort {
  return EFFORTS.find((effort) => budget <= BUDGETS[effort]) ?? "max";
}

/** The nearest effort that the model knows. */
function nearest(wanted: Effort | undefined, { efforts }: ClaudeModel): Effort | undefined {
  if (wanted === undefined) return undefined;
  return efforts.findLast((level) => EFFORTS.indexOf(level) <= EFFORTS.indexOf(wanted)) ?? efforts[0];
}

function plain({ display: _display, ...thinking }: JsonObject): JsonObject {
  return thinking;
}

/** Only models with a beta of their own tell how thinking goes on. */
function displayed(thinking: JsonObject, { updates }: ThinkingFacts): JsonObject {
  return thinking.display === "updates" && !updates ? { ...thinking, display: "summarized" } : thinking;
}
