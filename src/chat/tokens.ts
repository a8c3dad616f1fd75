/** How many output tokens to ask for, so that prompt and answer fit the model together. */
import type { Usage } from "./delta.ts";
import type { ChatMessage, ChatRequest } from "./request.ts";

/** A token is about four characters of English text; the estimate only guards against refusals. */
const CHARS_PER_TOKEN = 4;
/** Kept back for what the estimate does not see: roles, separators. */
const RESERVE_TOKENS = 100;
/** Below this an answer is useless: then the upstream judges the request as it is. */
const LEAST_TOKENS = 256;

export interface FittedTokens {
  /** Undefined when nobody named a number. */
  readonly maxTokens: number | undefined;
  /** True when the number was lowered to fit the context. */
  readonly lowered: boolean;
}

/**
 * @param wanted Output tokens that the client, else the configuration, asks for.
 * @param contextLimit Tokens of prompt and answer together, where known.
 */
export function fitMaxTokens(
  request: ChatRequest,
  wanted: number | undefined,
  contextLimit: number | undefined,
): FittedTokens {
  if (wanted === undefined || contextLimit === undefined) return { maxTokens: wanted, lowered: false };
  const room = contextLimit - estimateTokens(request) - RESERVE_TOKENS;
  if (wanted <= room || room < LEAST_TOKENS) return { maxTokens: wanted, lowered: false };
  return { maxTokens: room, lowered: true };
}

/**
 * What an answer cost by length, where its upstream does not tell.
 * @param chars Characters of its text.
 */
export function estimatedUsage(request: ChatRequest, chars: number): Usage {
  return { promptTokens: estimateTokens(request), completionTokens: Math.ceil(chars / CHARS_PER_TOKEN) };
}

/** A rough count of the prompt's tokens: its texts and tool schemas. Images are not counted. */
export function estimateTokens(request: ChatRequest): number {
  let characters = 0;
  for (const message of request.messages) characters += messageLength(message);
  for (const tool of request.tools) {
    characters += tool.name.length + (tool.description?.length ?? 0) + JSON.stringify(tool.parameters).length;
  }
  return Math.ceil(characters / CHARS_PER_TOKEN);
}

function messageLength(message: ChatMessage): number {
  let characters = 0;
  for (const part of message.content) if (part.type === "text") characters += part.text.length;
  if (message.role === "assistant") {
    for (const call of message.toolCalls) characters += call.name.length + call.arguments.length;
  }
  return characters;
}

export interface Counted {
  readonly usage: Usage;
  /** Counted by length, in whole or for what the model has not told. */
  readonly estimated: boolean;
}

/**
 * What an answer is counted as. What a model told of an answer that has not ended is only how it began (Claude tells the prompt's
 * tokens first): the rest is counted by its length.
 * @param told `chars`: of the answer's text, as far as it came.
 */
export function countedUsage(
  request: ChatRequest,
  told: { readonly usage: Usage | undefined; readonly chars: number; readonly complete: boolean },
): Counted {
  const { usage, chars, complete } = told;
  if (usage && complete) return { usage, estimated: false };
  const guess = estimatedUsage(request, chars);
  if (!usage) return { usage: guess, estimated: true };
  const completionTokens = Math.max(usage.completionTokens, guess.completionTokens);
  return { usage: { ...usage, completionTokens }, estimated: true };
}
