/** What a provider makes of a request for a model of known limits: how many output tokens it asks for, and what it cannot show. */
import type { ModelFacts } from "../contracts.ts";
import type { Target } from "../target.ts";
import { paramName } from "../chat/parameters.ts";
import type { ChatRequest } from "../chat/request.ts";
import { withoutDocuments, withoutResultImages } from "../chat/result-media.ts";
import { fitMaxTokens } from "../chat/tokens.ts";

/** Asked for where neither client, configuration nor catalogue names a number. */
const DEFAULT_MAX_TOKENS = 4096;

/** The most that is asked for unless somebody names a number: Bedrock takes it from the account's quota when the request starts. */
const MOST_DEFAULT_TOKENS = 32_000;

/** Some models refuse exactly their limit. */
function defaultTokens(maxOutput: number | undefined): number {
  return maxOutput === undefined ? DEFAULT_MAX_TOKENS : Math.min(maxOutput - 1, MOST_DEFAULT_TOKENS);
}

/** The most output tokens that an answer may have, of what was asked for; a guess where the upstream itself decides. */
export function mostOutputTokens(
  { maxTokens }: Pick<ChatRequest, "maxTokens">,
  target: Target,
  { maxOutput, contextWindow }: ModelFacts,
): number {
  const wanted =
    maxTokens ?? target.maxTokens ?? Math.min(maxOutput ?? MOST_DEFAULT_TOKENS, MOST_DEFAULT_TOKENS);
  const limits = [maxOutput, contextWindow].filter((limit) => limit !== undefined);
  return Math.min(wanted, ...limits);
}

/** Fills in the number of output tokens, lowered where it would not fit beside the prompt; tells a model of what it cannot see or read in words. */
export function fitRequest(
  request: ChatRequest,
  target: Target,
  facts: ModelFacts,
): { readonly request: ChatRequest; readonly dropped: readonly string[] } {
  const wanted = request.maxTokens ?? target.maxTokens ?? defaultTokens(facts.maxOutput);
  const { maxTokens, lowered } = fitMaxTokens(request, wanted, target.contextLimit ?? facts.contextWindow);
  const seen = facts.capabilities?.images === false ? withoutResultImages(request) : request;
  const read = facts.documents === false ? withoutDocuments(seen) : { request: seen, lost: false };
  return {
    request: { ...read.request, maxTokens: maxTokens ?? wanted },
    dropped: [
      ...(lowered && request.maxTokens !== undefined ? [paramName(request, "max_tokens")] : []),
      ...(seen === request ? [] : ["images"]),
      ...(read.lost ? ["documents"] : []),
    ],
  };
}
