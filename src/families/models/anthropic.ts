/**
 * Claude on Bedrock. Sources, read in November 2026:
 * - windows and output caps: the model cards, docs.aws.amazon.com/bedrock/latest/userguide/model-card-anthropic-*.html, and
 *   platform.claude.com/docs/en/about-claude/models/overview. For Sonnet 4.6 AWS's card says 64K of output, Anthropic 128K
 * - thinking, and what turns it off: …/userguide/claude-messages-adaptive-thinking.html, …/claude-messages-extended-thinking.html;
 *   left out by default since Opus 4.7: platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-7
 * - thinking bound to what stands before it: …/userguide/claude-messages-thinking-block-binding.html; Anthropic's own pages
 *   name all of the 5.5 generation
 * - structured output: …/userguide/structured-output.html. Sources contradict each other for Claude 5, and accounts differ;
 *   Haiku 4.5 and Sonnet 4.6 refuse it often enough ("Extra inputs are not permitted") that a tool is the surer way
 * - sampling, prefill and forced tools: platform.claude.com/docs/en/models/<model>/migration-guide; "tool_choice: type "tool"
 *   and "any" are not supported for this model" is what Opus 5.5, Sonnet 5.5 and Fable 5.1 answer
 * - disable_parallel_tool_use: refused by Claude 3.x on Bedrock ("extraneous key"), accepted since Claude 4
 * - cache minimum and hour: …/userguide/prompt-caching.html
 * - system messages between the others: platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 * - tiers: no card names one beside the default
 * - lifecycle: …/userguide/model-lifecycle-legacy.html; of Sonnet 4.5, Anthropic's own date
 */
import { UNKNOWN } from "./converse.ts";
import type { ClaudeModel, ConverseModel } from "./facts.ts";
import { legacy, type ModelRow, modelRow, type RowOf, type RowOptions, retired } from "./row.ts";

const K = 1000;
const MILLION = 1_000_000;

const CLAUDE_3: ClaudeModel = {
  contextWindow: 200 * K,
  maxOutput: 4096,
  images: true,
  tools: true,
  reasoning: false,
  streaming: true,
  sampling: "both",
  thinking: "none",
  hidesThinking: false,
  thinksByDefault: false,
  efforts: [],
  bindsThinking: false,
  systemMidway: false,
  prefill: true,
  forcedTools: true,
  toolChoiceFields: false,
  structuredOutput: false,
  strictTools: false,
  caching: false,
  hourCache: false,
};
const CLAUDE_2: ClaudeModel = {
  ...CLAUDE_3,
  contextWindow: 100 * K,
  images: false,
  tools: false,
  forcedTools: false,
};
const CLAUDE_3_5: ClaudeModel = { ...CLAUDE_3, maxOutput: 8192 };
const CLAUDE_3_7: ClaudeModel = {
  ...CLAUDE_3,
  maxOutput: 64 * K,
  reasoning: true,
  thinking: "budget",
  caching: true,
};
const CLAUDE_4: ClaudeModel = { ...CLAUDE_3_7, toolChoiceFields: true };
const OPUS_4: ClaudeModel = { ...CLAUDE_4, maxOutput: 32 * K };
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
  structuredOutput: false,
  strictTools: false,
};
const CLAUDE_4_8: ClaudeModel = { ...CLAUDE_4_7, systemMidway: true };
const CLAUDE_5: ClaudeModel = { ...CLAUDE_4_8, thinksByDefault: true };
const { turnsOff: _off, ...ALWAYS_THINKS } = CLAUDE_5;
/** Fable 5 and Mythos 5. */
const FABLE_5: ClaudeModel = ALWAYS_THINKS;
/** Forced tools are refused, so native structured output is the only way to JSON. */
const CLAUDE_5_5: ClaudeModel = {
  ...ALWAYS_THINKS,
  forcedTools: false,
  structuredOutput: true,
  bindsThinking: true,
};
const HAIKU_5_5: ClaudeModel = { ...CLAUDE_5, bindsThinking: true };
const SONNET_5_5: ClaudeModel = { ...CLAUDE_5_5, turnsOff: "between_tools" };

function converseOf(facts: ClaudeModel): ConverseModel {
  return {
    ...UNKNOWN,
    tools: facts.tools,
    toolChoice: facts.forcedTools ? "tool" : "auto",
    strictTools: facts.strictTools,
    structuredOutput: facts.structuredOutput,
    resultStatus: "error",
    stopSequences: true,
    prefill: facts.prefill,
    sampling: facts.sampling,
    cachePoints: facts.caching ? "anywhere" : "nowhere",
    effort: "claude",
    efforts: facts.efforts,
    claude: facts,
  };
}

function row(name: string, claude: ClaudeModel, options: RowOptions = {}): RowOf<"claude"> {
  const own: RowOptions = { tiers: "none", ...options };
  return {
    ...modelRow(`anthropic.${name}`, "anthropic", claude, { converse: converseOf(claude), ...own }),
    claude,
  };
}

const MANTLE: RowOptions = { surface: "messages", endpoint: "mantle" };
const RETENTION: RowOptions = { wantsRetention: true };
const cached = (cacheMinimum: number): RowOptions => ({ cacheMinimum });

/** Claude 2's ids are all version (`claude-v2:1`), so `claude` remains of them. */
export const ANTHROPIC: readonly ModelRow[] = [
  row("claude", CLAUDE_2, retired()),
  row("claude-instant", CLAUDE_2, retired()),
  row("claude-3-haiku", CLAUDE_3, retired("2026-09-10")),
  row("claude-3-sonnet", CLAUDE_3, retired()),
  row("claude-3-opus", CLAUDE_3, retired()),
  row("claude-3-5-sonnet", CLAUDE_3_5, retired()),
  row("claude-3-5-haiku", { ...CLAUDE_3_5, caching: true }, { ...retired(), ...cached(2048) }),
  row("claude-3-7-sonnet", CLAUDE_3_7, { ...retired(), ...cached(1024) }),
  row("claude-sonnet-4", CLAUDE_4, { ...retired("2026-10-14"), ...cached(1024) }),
  row("claude-opus-4", OPUS_4, { ...retired(), ...cached(1024) }),
  row("claude-opus-4-1", { ...OPUS_4, sampling: "one" }, { ...legacy("2027-01-08"), ...cached(1024) }),
  row("claude-sonnet-4-5", CLAUDE_4_5, { ...legacy("2026-11-30"), ...cached(1024) }),
  row("claude-haiku-4-5", { ...CLAUDE_4_5, structuredOutput: false }, cached(4096)),
  row("claude-opus-4-5", CLAUDE_4_5, cached(4096)),
  row("claude-opus-4-6", CLAUDE_4_6, cached(4096)),
  row("claude-sonnet-4-6", { ...CLAUDE_4_6, structuredOutput: false }, cached(1024)),
  row("claude-opus-4-7", CLAUDE_4_7, cached(4096)),
  row("claude-opus-4-8", CLAUDE_4_8, cached(1024)),
  row("claude-opus-5", CLAUDE_5, cached(512)),
  row("claude-sonnet-5", CLAUDE_5, cached(1024)),
  row("claude-fable-5", FABLE_5, { ...RETENTION, ...cached(512) }),
  row("claude-mythos-preview", FABLE_5, { ...MANTLE, ...cached(4096) }),
  row("claude-mythos-5", FABLE_5, { ...MANTLE, ...cached(512) }),
  row("claude-haiku-5-5", HAIKU_5_5, cached(512)),
  row("claude-sonnet-5-5", SONNET_5_5, cached(512)),
  row("claude-opus-5-5", CLAUDE_5_5, cached(512)),
  row("claude-fable-5-1", CLAUDE_5_5, { ...RETENTION, ...cached(512) }),
  row("claude-fable-5-2", CLAUDE_5_5, { ...RETENTION, ...cached(512) }),
  // Mythos only records the prefix that its thinking is bound to.
  row("claude-mythos-5-1", { ...CLAUDE_5_5, bindsThinking: false }, cached(512)),
  row("claude-mythos-5-2", { ...CLAUDE_5_5, bindsThinking: false }, cached(512)),
  row("claude-", CLAUDE_5_5, cached(512)),
];

const { contextWindow: _window, maxOutput: _cap, ...NEWEST_WITHOUT_LIMITS } = CLAUDE_5_5;

/** Behind an ARN that hides the model: only what every Claude still in service accepts. */
export const HIDDEN_CLAUDE: RowOf<"claude"> = row("", {
  ...NEWEST_WITHOUT_LIMITS,
  reasoning: false,
  thinking: "none",
  thinksByDefault: false,
  efforts: [],
  systemMidway: false,
  forcedTools: true,
  toolChoiceFields: false,
  structuredOutput: false,
  hourCache: false,
});
