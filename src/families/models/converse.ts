/**
 * What Converse takes of the models, by groups that several makers' rows begin with. Sources, read in November 2026:
 * - tools, streamed tools, system text, documents:
 *   docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html; where it is
 *   silent, langchain-aws (chat_models/bedrock_converse.py), whose lists come from live calls
 * - toolChoice and status: API_runtime_ToolChoice.html, API_runtime_ToolResultBlock.html; "This model doesn't support the
 *   toolConfig.toolChoice.any field" is reported for Llama, Cohere and Titan
 * - stopSequences: refused by gpt-oss, Qwen, Kimi, MiniMax and DeepSeek ("This model doesn't support the stopSequences
 *   field"); documented for Claude and Nova. Elsewhere the router stops the answer itself
 * - text beside tool results: Llama ("Conversation blocks and tool result blocks cannot be provided in the same turn") and
 *   Mistral ("Unexpected role 'user' after role 'tool'") refuse it
 * - media in tool results: refused inside them by GPT, Kimi and Grok, taken beside them (live reports)
 * - structured output: …/userguide/structured-output.html; cache points: …/userguide/prompt-caching.html
 */
import type { ChatModel, ConverseModel } from "./facts.ts";

/** Where nothing is known: what Converse offers to every model; the model itself says what it does not take. */
export const UNKNOWN: ConverseModel = {
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
  efforts: [],
};
export const KNOWN: ConverseModel = { ...UNKNOWN, resultMedia: false };
export const TEXT_ONLY: ConverseModel = { ...KNOWN, tools: false };

/** A model whose own body is OpenAI's chat completion. */
export function openWeight({ constrained, sampling }: ChatModel): ConverseModel {
  return { ...KNOWN, sampling, structuredOutput: constrained, strictTools: constrained };
}
