import type { ModelLimits, Target } from "../contracts.ts";
import { providerOf } from "../providers/index.ts";

/** What is known of a target's limits: the configuration, else the catalogue of its family. */
export function limitsOf(target: Target): ModelLimits {
  const known = providerOf(target).limits(target);
  return {
    contextWindow: target.contextLimit ?? known.contextWindow,
    maxOutput: target.maxTokens ?? known.maxOutput,
  };
}
