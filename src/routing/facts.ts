import type { ModelFacts, Target } from "../contracts.ts";
import { providerOf } from "../providers/index.ts";

/** What is known of a target: the configuration, else the catalogue of its family. */
export function factsOf(target: Target): ModelFacts {
  const known = providerOf(target).facts(target);
  return {
    ...known,
    contextWindow: target.contextLimit ?? known.contextWindow,
    maxOutput: target.maxTokens ?? known.maxOutput,
  };
}
