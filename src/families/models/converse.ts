/**
 * What Converse takes for each model, as data. Sources, read in November 2026:
 * - tools, streamed tools, system text, documents:
 *   docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html; where it is
 *   silent, langchain-aws (chat_models/bedrock_converse.py), whose lists come from live calls
 * - toolChoice and status: API_runtime_ToolChoice.html, API_runtime_ToolResultBlock.html; "This model doesn't support the
 *   toolConfig.toolChoice.any field" is reported for Llama, Cohere and Titan
 * - stopSequences: refused by gpt-oss, Qwen, Kimi, MiniMax and DeepSeek ("This model doesn't support the stopSequences
 *   field"); documented for Claude and Nova. Elsewhere the router stops the answer itself
 * - text beside tool results: Llama ("Conversation blocks and tool result blocks cannot be provided in the same turn") and
 *   Mistral ("Unexpected role 'user' after role 'tool'") refuse it
 * - structured output: …/userguide/structured-output.html; cache points: …/userguide/prompt-caching.html
 * - gpt-5 and later take `reasoning.effort`, gpt-oss takes `reasoning_effort` (live reports)
 */

import { type ClaudeModel, claudeModel } from "./claude.ts";
import { plainModelId } from "./model-id.ts";
import { novaModel } from "./nova.ts";
import { openAiShapedModel } from "./open-weight.ts";

export interface ConverseModel {
  /** Whether ConverseStream serves it, and with tools too. */
  readonly streaming: "always" | "without tools" | "never";
  /** Takes `system`; elsewhere that text opens the first user message. */
  readonly system: boolean;
  readonly tools: boolean;
  /** The narrowest `toolChoice` it takes. */
  readonly toolChoice: "auto" | "any" | "tool";
  /** Is told `auto`, too. */
  readonly saysAuto: boolean;
  /** Takes tool names of letters, digits and underscores only, see tool-names.ts. */
  readonly plainToolNames: boolean;
  /** Takes only `type`, `properties` and `required` at the top of a tool's schema. */
  readonly flatSchemas: boolean;
  readonly strictTools: boolean;
  /** Takes `outputConfig.textFormat`. */
  readonly structuredOutput: boolean;
  readonly documents: boolean;
  /** Takes text beside tool results in one message. */
  readonly textBesideResults: boolean;
  /** Takes images and documents inside tool results. */
  readonly resultMedia: boolean;
  /** Which tool results take their `status`. */
  readonly resultStatus: "never" | "error" | "always";
  readonly stopSequences: boolean;
  /** Continues a final assistant turn. */
  readonly prefill: boolean;
  /** Which of temperature and topP it takes. */
  readonly sampling: "both" | "one" | "none";
  /** `text`: in system text and user messages without tool blocks, without a time to live. */
  readonly cachePoints: "anywhere" | "text" | "nowhere";
  /** How it is told to reason. */
  readonly effort: "claude" | "nova" | "reasoning_effort" | "reasoning.effort" | "none";
  /** Claude's own facts, for its thinking. */
  readonly claude?: ClaudeModel;
}

/** Where nothing is known: what Converse offers to every model; the model itself says what it does not take. */
const UNKNOWN: ConverseModel = {
  streaming: "always",
  system: true,
  tools: true,
  toolChoice: "any",
  saysAuto: false,
  plainToolNames: false,
  flatSchemas: false,
  strictTools: false,
  structuredOutput: false,
  documents: true,
  textBesideResults: true,
  resultMedia: true,
  resultStatus: "never",
  stopSequences: false,
  prefill: false,
  sampling: "both",
  cachePoints: "nowhere",
  effort: "none",
};
const KNOWN: ConverseModel = { ...UNKNOWN, resultMedia: false };
const TEXT_ONLY: ConverseModel = { ...KNOWN, tools: false };

const NOVA: ConverseModel = {
  ...UNKNOWN,
  toolChoice: "tool",
  plainToolNames: true,
  flatSchemas: true,
  resultStatus: "error",
  stopSequences: true,
  prefill: true,
  cachePoints: "text",
};
const TITAN: ConverseModel = { ...TEXT_ONLY, system: false };
const LLAMA: ConverseModel = {
  ...KNOWN,
  streaming: "without tools",
  toolChoice: "auto",
  textBesideResults: false,
};
const MISTRAL: ConverseModel = { ...KNOWN, streaming: "without tools", textBesideResults: false };
const MISTRAL_CONSTRAINED: ConverseModel = { ...MISTRAL, structuredOutput: true };
const MISTRAL_TEXT: ConverseModel = { ...TEXT_ONLY, system: false };

type Row = ConverseModel | ((model: string) => ConverseModel);

/** By how plain model ids begin; the first match counts. */
const ROWS: readonly (readonly [prefix: string, row: Row])[] = [
  ["ai21.j2-", { ...TEXT_ONLY, streaming: "never", system: false, documents: false }],
  ["ai21.jamba-instruct", { ...TEXT_ONLY, documents: false }],
  ["ai21.", { ...KNOWN, toolChoice: "auto" }],
  ["amazon.nova-micro", { ...NOVA, documents: false }],
  ["amazon.nova-", nova],
  ["amazon.titan-text-premier", { ...TITAN, documents: false }],
  ["amazon.titan-", TITAN],
  ["anthropic.claude", claude],
  ["cohere.command-r", { ...KNOWN, toolChoice: "auto" }],
  ["cohere.command", { ...TEXT_ONLY, streaming: "never", system: false }],
  ["deepseek.r1", TEXT_ONLY],
  ["deepseek.", openWeight],
  ["google.", openWeight],
  ["meta.llama2", TEXT_ONLY],
  ["meta.llama3-8b", TEXT_ONLY],
  ["meta.llama3-70b", TEXT_ONLY],
  ["meta.llama3-2-1b", TEXT_ONLY],
  ["meta.llama3-2-3b", TEXT_ONLY],
  ["meta.", LLAMA],
  ["minimax.", openWeight],
  ["mistral.mistral-7b", MISTRAL_TEXT],
  ["mistral.mixtral-8x7b", MISTRAL_TEXT],
  ["mistral.mistral-small-2402", { ...MISTRAL, toolChoice: "auto", documents: false }],
  ["mistral.magistral", MISTRAL_CONSTRAINED],
  ["mistral.ministral", MISTRAL_CONSTRAINED],
  ["mistral.mistral-large-3", MISTRAL_CONSTRAINED],
  ["mistral.voxtral", MISTRAL_CONSTRAINED],
  ["mistral.", MISTRAL],
  ["moonshot.", openWeight],
  ["moonshotai.", openWeight],
  ["nvidia.", openWeight],
  ["openai.gpt-oss", (model) => ({ ...openWeight(model), effort: "reasoning_effort" })],
  ["openai.", (model) => ({ ...openWeight(model), effort: "reasoning.effort" })],
  ["qwen.", openWeight],
  ["writer.", { ...KNOWN, streaming: "without tools", toolChoice: "auto" }],
  ["zai.", openWeight],
];

/**
 * What Converse takes for a model.
 * @param model The configured model id or ARN, with or without an inference profile's prefix.
 */
export function converseModel(model: string): ConverseModel {
  const id = plainModelId(model);
  const row = ROWS.find(([prefix]) => id?.startsWith(prefix))?.[1] ?? UNKNOWN;
  return typeof row === "function" ? row(model) : row;
}

/** What a Nova takes, also behind an ARN that hides which. */
export function nova(model: string): ConverseModel {
  const { reasoning, caching } = novaModel(model);
  return { ...NOVA, effort: reasoning ? "nova" : "none", cachePoints: caching ? "text" : "nowhere" };
}

function openWeight(model: string): ConverseModel {
  const { constrained } = openAiShapedModel(model);
  return { ...KNOWN, structuredOutput: constrained, strictTools: constrained };
}

function claude(model: string): ConverseModel {
  const facts = claudeModel(model);
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
    claude: facts,
  };
}
