/** The most that a request can cost, before it is known who answers it and how long the answer is. */
import { costOf, type Prices } from "../chat/cost.ts";
import type { Usage } from "../chat/delta.ts";
import type { ChatRequest } from "../chat/request.ts";
import { mostTextTokens, mostTokens } from "../chat/token-count.ts";
import { estimatedUsage } from "../chat/tokens.ts";
import type { EmbeddingRequest, RerankRequest } from "../chat/embedding.ts";
import type { Target } from "../target.ts";
import { mostOutputTokens } from "../providers/fit.ts";
import { factsOf } from "./facts.ts";

export interface Ceiling {
  /** In micro-dollars. */
  readonly cost: number;
  /** Of prompt and answer. */
  readonly tokens: number;
}

/** Of a conversation, at the dearest of the models that it may go to. */
export function chatCeiling(request: ChatRequest, targets: readonly Target[]): Ceiling {
  const input = mostTokens(request);
  const all = targets.map((target) => {
    const { maxOutput, contextWindow } = factsOf(target);
    // A number in the configuration is what is asked for unless the client says, and no limit.
    const limit = target.maxTokens === undefined ? maxOutput : undefined;
    const output = mostOutputTokens(request, target, { maxOutput: limit, contextWindow });
    return ceiling(input, output, target);
  });
  return {
    cost: request.n * Math.max(0, ...all.map(({ cost }) => cost)),
    tokens: request.n * Math.max(0, ...all.map(({ tokens }) => tokens)),
  };
}

/** What a model that was asked has read, though nobody has its answer: the prompt, by its length. */
export function promptCost(request: ChatRequest, target: Target): Ceiling {
  return usedAt(target, estimatedUsage(request, 0));
}

/** What was used of a model. */
export function usedAt(target: Target, usage: Usage): Ceiling {
  const { prices } = factsOf(target);
  return { cost: prices ? costOf(usage, prices) : 0, tokens: usage.promptTokens + usage.completionTokens };
}

export function embeddingCeiling({ input }: EmbeddingRequest, target: Target): Ceiling {
  const tokens =
    input.kind === "tokens"
      ? input.lists.reduce((sum, { length }) => sum + length, 0)
      : input.texts.reduce((sum, text) => sum + mostTextTokens(text), 0);
  return ceiling(tokens, 0, target);
}

/** The question is read with each of the documents. */
export function rerankCeiling({ query, documents }: RerankRequest, target: Target): Ceiling {
  const question = mostTextTokens(query);
  const tokens = documents.reduce((sum, document) => sum + question + mostTextTokens(document), 0);
  return ceiling(tokens, 0, target);
}

/** At the price of what is dearest: reading, or writing to a cache; and of long prompts, where it may be one. */
function ceiling(input: number, output: number, target: Target): Ceiling {
  const { prices } = factsOf(target);
  const tokens = input + output;
  if (prices === undefined) return { cost: 0, tokens };
  const usage = { promptTokens: input, completionTokens: output };
  const costs = [prices, ...(prices.long && input > prices.long.above ? [prices.long.prices] : [])];
  return { cost: Math.max(...costs.map((each) => costOf(usage, dearest(each)))), tokens };
}

function dearest({ input, output, cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0 }: Prices): Prices {
  return { input: Math.max(input, cacheRead, cacheWrite, cacheWrite1h), output };
}
