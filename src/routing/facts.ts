import type { ModelFacts } from "../contracts.ts";
import type { Target } from "../target.ts";
import type { Prices } from "../chat/cost.ts";
import { providerOf } from "../providers/index.ts";
export { upstreamFacts } from "../providers/upstream.ts";

/** Each request asks several times; targets live as long as their configuration and do not change. */
const found = new WeakMap<Target, ModelFacts>();

/** What is known of a target: the configuration, else the catalogue of its family. */
export function factsOf(target: Target): ModelFacts {
  const facts = found.get(target) ?? lookUp(target);
  found.set(target, facts);
  return facts;
}

function lookUp(target: Target): ModelFacts {
  const known = providerOf(target).facts(target);
  return {
    ...known,
    contextWindow: target.contextLimit ?? known.contextWindow,
    maxOutput: target.maxTokens ?? known.maxOutput,
    ...pricesOf(target, known.prices),
  };
}

/** The configured prices, each in the place of the known one. A model without a price for input and output has none. */
function pricesOf(target: Target, known: Prices | undefined): { readonly prices?: Prices } {
  const written = {
    ...(target.inputPrice !== undefined && { input: target.inputPrice }),
    ...(target.outputPrice !== undefined && { output: target.outputPrice }),
    ...(target.cacheReadPrice !== undefined && { cacheRead: target.cacheReadPrice }),
    ...(target.cacheWritePrice !== undefined && { cacheWrite: target.cacheWritePrice }),
    ...(target.cacheWrite1hPrice !== undefined && { cacheWrite1h: target.cacheWrite1hPrice }),
  };
  // What gives vectors or an order puts out no tokens.
  const nothing = target.task === undefined ? {} : { output: 0 };
  const { input, output, ...rest } = { ...nothing, ...known, ...written };
  if (input === undefined || output === undefined) return {};
  const long = known?.long && { long: { ...known.long, prices: { ...known.long.prices, ...written } } };
  return { prices: { ...rest, ...long, input, output } };
}
