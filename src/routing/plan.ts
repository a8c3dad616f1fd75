/** Which targets a request tries, in order. */
import type { Config } from "../config/types.ts";
import type { Target } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import type { ChatRequest } from "../openai/types.ts";
import { findTarget } from "./catalogue.ts";
import { routingQuery } from "./query.ts";
import { strategyNamed } from "./strategies/index.ts";

export interface Plan {
  readonly targets: readonly Target[];
  /** For `x-router-strategy`: the strategy's name, or `named` when the client chose. */
  readonly strategy: string;
  readonly unknownModel?: string;
}

/**
 * The named model, else the strategy's first choice, then `router.fallback_models`.
 * @throws RouterError `model_not_found` for an unknown name, where `serve.unknown_model` is `reject`.
 */
export async function plan(
  request: ChatRequest,
  { config, random }: { readonly config: Config; readonly random: () => number },
): Promise<Plan> {
  const found = findTarget(request.model, config.targets);
  if (found.kind === "target") return { targets: withFallbacks([found.target], config), strategy: "named" };
  if (found.kind === "unknown" && config.serve.unknownModel === "reject") {
    const names = ["auto", ...config.targets.map((target) => target.name)].join(", ");
    throw new RouterError(
      "model_not_found",
      `The model '${request.model}' does not exist here. Models: ${names}.`,
      { param: "model" },
    );
  }
  const strategy = strategyNamed(config.router.strategy);
  const ordered = await strategy.order(config.targets, {
    request,
    query: routingQuery(request.messages),
    weights: config.router.weights,
    random,
  });
  return {
    targets: withFallbacks(ordered.slice(0, 1), config),
    strategy: strategy.name,
    ...(found.kind === "unknown" && { unknownModel: request.model }),
  };
}

function withFallbacks(first: readonly Target[], config: Config): Target[] {
  const fallbacks = config.router.fallbackModels.flatMap((name) =>
    config.targets.filter((target) => target.name === name),
  );
  return [...new Set([...first, ...fallbacks])];
}
