/** How many output tokens a provider asks for, where its API wants a number. */
import type { ModelFacts, Target } from "../contracts.ts";
import { paramName } from "../chat/parameters.ts";
import type { ChatRequest } from "../chat/request.ts";
import { fitMaxTokens } from "../chat/tokens.ts";

/** Asked for where neither client, configuration nor catalogue names a number. */
const DEFAULT_MAX_TOKENS = 4096;

/** Fills in the number of output tokens, lowered where it would not fit beside the prompt. */
export function fitRequest(
  request: ChatRequest,
  target: Target,
  facts: ModelFacts,
): { readonly request: ChatRequest; readonly dropped: readonly string[] } {
  const wanted = request.maxTokens ?? target.maxTokens ?? facts.maxOutput ?? DEFAULT_MAX_TOKENS;
  const { maxTokens, lowered } = fitMaxTokens(request, wanted, target.contextLimit ?? facts.contextWindow);
  return {
    request: { ...request, maxTokens: maxTokens ?? wanted },
    dropped: lowered && request.maxTokens !== undefined ? [paramName(request, "max_tokens")] : [],
  };
}
