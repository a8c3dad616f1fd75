/** How many output tokens a provider asks for, where its API wants a number. */
import type { ModelFacts } from "../contracts.ts";
import type { Target } from "../target.ts";
import { paramName } from "../chat/parameters.ts";
import type { ChatRequest } from "../chat/request.ts";
import { fitMaxTokens } from "../chat/tokens.ts";

/** Asked for where neither client, configuration nor catalogue names a number. */
const DEFAULT_MAX_TOKENS = 4096;

/** The most that is asked for unless somebody names a number: Bedrock takes it from the account's quota when the request starts. */
const MOST_DEFAULT_TOKENS = 32_000;

/** Some models refuse exactly their limit. */
function defaultTokens(maxOutput: number | undefined): number {
  return maxOutput === undefined ? DEFAULT_MAX_TOKENS : Math.min(maxOutput - 1, MOST_DEFAULT_TOKENS);
}

/** Fills in the number of output tokens, lowered where it would not fit beside the prompt. */
export function fitRequest(
  request: ChatRequest,
  target: Target,
  facts: ModelFacts,
): { readonly request: ChatRequest; readonly dropped: readonly string[] } {
  const wanted = request.maxTokens ?? target.maxTokens ?? defaultTokens(facts.maxOutput);
  const { maxTokens, lowered } = fitMaxTokens(request, wanted, target.contextLimit ?? facts.contextWindow);
  return {
    request: { ...request, maxTokens: maxTokens ?? wanted },
    dropped: lowered && request.maxTokens !== undefined ? [paramName(request, "max_tokens")] : [],
  };
}
