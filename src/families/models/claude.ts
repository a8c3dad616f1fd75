/**
 * What each Claude model on Bedrock accepts, as data. Sources, read in November 2026:
 * - windows and output caps: the model cards, docs.aws.amazon.com/bedrock/latest/userguide/model-card-anthropic-*.html,
 *   and platform.claude.com/docs/en/about-claude/models/overview
 * - thinking left out by default since Opus 4.7: platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-7
 * - thinking: …/userguide/claude-messages-adaptive-thinking.html, …/claude-messages-extended-thinking.html
 * - structured output and strict tools on InvokeModel: …/userguide/structured-output.html
 * - sampling, prefill and forced tools: platform.claude.com/docs/en/models/<model>/migration-guide
 * - disable_parallel_tool_use: refused by Claude 3.x on Bedrock ("extraneous key"), accepted since Claude 4
 */
import { plainModelId } from "./model-id.ts";

export interface ClaudeModel {
  /** Tokens of prompt and answer together; undefined where not known. */
  readonly contextWindow?: number;
  /** Most tokens that `max_tokens` may ask for; a higher number is a 400. Undefined where not known. */
  readonly maxOutput?: number;
  /** Which of temperature and top_p it takes: both together, one of them, or none at all. */
  readonly sampling: "both" | "one" | "none";
  /** `budget`: `enabled` with `budget_tokens`; `adaptive`: `adaptive` with `output_config.effort`. */
  readonly thinking: "none" | "budget" | "adaptive";
  /** Leaves its thinking blocks empty unless the request asks for a summary. */
  readonly hidesThinking: boolean;
  /** Thinks also when the request does not ask for it. */
  readonly thinksByDefault: boolean;
  /** What keeps it from thinking: `thinking.type`; undefined where nothing does. */
  readonly turnsOff?: "disabled" | "between_tools";
  /** Values of `output_config.effort`, from the least to the most. */
  readonly efforts: readonly ("low" | "medium" | "high" | "xhigh" | "max")[];
  /** Takes system messages between the others. */
  readonly systemMidway: boolean;
  /** Takes cache marks with a `ttl` of one hour. */
  readonly hourCache: boolean;
  /** Knows the effort `xhigh`. */
  readonly xhigh: boolean;
  /** Continues a final assistant turn. */
  readonly prefill: boolean;
  readonly images: boolean;
  readonly tools: boolean;
  /** Takes `tool_choice` `any` and `tool`. */
  readonly forcedTools: boolean;
  /** Takes `tool_choice` `none` and `disable_parallel_tool_use`. */
  readonly toolChoiceFields: boolean;
  /** Takes `output_config.format`. */
  readonly structuredOutput: boolean;
  /** Takes `strict` on a tool. */
  readonly strictTools: boolean;
  /** Takes `cache_control`. */
  readonly caching: boolean;
}

const K = 1000;
const MILLION = 1_000_000;

const CLAUDE_3: ClaudeModel = {
  contextWindow: 200 * K,
  maxOutput: 4096,
  sampling: "both",
  thinking: "none",
  hidesThinking: false,
  thinksByDefault: false,
  efforts: [],
  systemMidway: false,
  hourCache: false,
  xhigh: false,
  prefill: true,
  images: true,
  tools: true,
  forcedTools: true,
  toolChoiceFields: false,
  structuredOutput: false,
  strictTools: false,
  caching: false,
};
const CLAUDE_2: ClaudeModel = {
  ...CLAUDE_3,
  contextWindow: 100 * K,
  images: false,
  tools: false,
  forcedTools: false,
};
const CLAUDE_3_5: ClaudeModel = { ...CLAUDE_3, maxOutput: 8192 };
const CLAUDE_3_7: ClaudeModel = { ...CLAUDE_3, maxOutput: 64 * K, thinking: "budget", caching: true };
const CLAUDE_4: ClaudeModel = { ...CLAUDE_3_7, toolChoiceFields: true };
const CLAUDE_4_5: ClaudeModel = {
  ...CLAUDE_4,
  sampling: "one",
  structuredOutput: true,
  strictTools: true,
  hourCache: true,
};
const CLAUDE_4_6: ClaudeModel = {
  ...CLAUDE_4_5,
  contextWindow: MILLION,
  maxOutput: 128 * K,
  thinking: "adaptive",
  efforts: ["low", "medium", "high", "max"],
  prefill: false,
};
const CLAUDE_4_7: ClaudeModel = {
  ...CLAUDE_4_6,
  hidesThinking: true,
  turnsOff: "disabled",
  efforts: ["low", "medium", "high", "xhigh", "max"],
  sampling: "none",
  xhigh: true,
  structuredOutput: false,
  strictTools: false,
};
const CLAUDE_5: ClaudeModel = { ...CLAUDE_4_7, thinksByDefault: true, systemMidway: true };
const { turnsOff: _off, ...ALWAYS_THINKS } = CLAUDE_5;
/** Forced tools are refused, so native structured output is the only way to JSON. */
const CLAUDE_5_5: ClaudeModel = { ...CLAUDE_5, forcedTools: false, structuredOutput: true };

/** Ids without `anthropic.`, date and version. Claude 2's id is all version (`claude-v2:1`), so `claude` remains. */
const ROWS: ReadonlyMap<string, ClaudeModel> = new Map([
  ["claude", CLAUDE_2],
  ["claude-instant", CLAUDE_2],
  ["claude-3-haiku", CLAUDE_3],
  ["claude-3-sonnet", CLAUDE_3],
  ["claude-3-opus", CLAUDE_3],
  ["claude-3-5-sonnet", CLAUDE_3_5],
  ["claude-3-5-haiku", { ...CLAUDE_3_5, caching: true }],
  ["claude-3-7-sonnet", CLAUDE_3_7],
  ["claude-sonnet-4", CLAUDE_4],
  ["claude-opus-4", { ...CLAUDE_4, maxOutput: 32 * K }],
  ["claude-opus-4-1", { ...CLAUDE_4, maxOutput: 32 * K, sampling: "one" }],
  ["claude-sonnet-4-5", CLAUDE_4_5],
  ["claude-haiku-4-5", CLAUDE_4_5],
  ["claude-opus-4-5", CLAUDE_4_5],
  ["claude-opus-4-6", CLAUDE_4_6],
  ["claude-sonnet-4-6", { ...CLAUDE_4_6, structuredOutput: false }],
  ["claude-opus-4-7", CLAUDE_4_7],
  ["claude-opus-4-8", { ...CLAUDE_4_7, systemMidway: true }],
  ["claude-opus-5", CLAUDE_5],
  ["claude-sonnet-5", CLAUDE_5],
  ["claude-fable-5", ALWAYS_THINKS],
  ["claude-mythos-preview", CLAUDE_5],
  ["claude-mythos-5", CLAUDE_5],
  ["claude-haiku-5-5", CLAUDE_5],
  ["claude-opus-5-5", CLAUDE_5_5],
  ["claude-sonnet-5-5", CLAUDE_5_5],
  ["claude-fable-5-1", CLAUDE_5_5],
  ["claude-fable-5-2", CLAUDE_5_5],
  ["claude-mythos-5-1", CLAUDE_5_5],
]);

const { contextWindow: _window, maxOutput: _cap, ...CLAUDE_5_WITHOUT_LIMITS } = CLAUDE_5;
/** A Claude that came after this table: what it shares with the newest known one, without limits. */
const NEWER: ClaudeModel = CLAUDE_5_WITHOUT_LIMITS;
/** Behind an ARN that hides the model: only what every Claude still in service accepts. */
const HIDDEN: ClaudeModel = { ...NEWER, thinking: "none", thinksByDefault: false, toolChoiceFields: false };

/** `-20250929`, `-v1`, `:0`, `:1:200k`. */
const DATE_AND_VERSION = /(?:-\d{8})?(?:-v\d+)?(?::.*)?$/;

/**
 * What a Claude model accepts.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 */
export function claudeModel(model: string): ClaudeModel {
  const id = plainModelId(model);
  if (!id?.startsWith("anthropic.claude")) return HIDDEN;
  return ROWS.get(id.slice("anthropic.".length).replace(DATE_AND_VERSION, "")) ?? NEWER;
}
