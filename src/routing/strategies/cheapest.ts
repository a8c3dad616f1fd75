import type { Choice, RoutingContext, Strategy } from "./strategy.ts";
import type { Target } from "../../target.ts";
import { costOf } from "../../chat/cost.ts";
import { estimateTokens } from "../../chat/tokens.ts";
import { factsOf } from "../facts.ts";
import { random } from "./random.ts";

/** An answer as it is on the whole, where the client's limit is not below it. */
const USUAL_ANSWER_TOKENS = 500;

/** Orders by what the request would cost; among equals by chance. A session's own model reads the prompt from its cache. */
export const cheapest: Strategy = {
  name: "cheapest",
  description:
    "Picks the model that would cost least for the request, a session's warm cache counted; without a price comes last.",
  weighsSeat: true,
  order: byCost,
};

async function byCost(targets: readonly Target[], context: RoutingContext): Promise<Choice> {
  const { request, seat } = context;
  const promptTokens = estimateTokens(request);
  const completionTokens = Math.min(request.maxTokens ?? USUAL_ANSWER_TOKENS, USUAL_ANSWER_TOKENS);
  const costs = new Map<string, number>();
  const drawn = await random.order(targets, context);
  for (const target of drawn.targets) {
    const { prices } = factsOf(target);
    if (prices === undefined) continue;
    const cachedTokens = target.name === seat ? promptTokens : 0;
    costs.set(target.name, costOf({ promptTokens, completionTokens, cachedTokens }, prices));
  }
  const costAt = ({ name }: Target) => costs.get(name) ?? Number.POSITIVE_INFINITY;
  const ordered = drawn.targets.toSorted((a, b) => (costAt(a) === costAt(b) ? 0 : costAt(a) - costAt(b)));
  const [first] = ordered;
  const warm = first !== undefined && first.name === seat;
  return {
    targets: ordered,
    ...(warm && { note: "sticky" }),
    reason:
      costs.size === 0
        ? "No model has a price: drawn by chance."
        : `It costs least for about ${promptTokens} tokens of prompt and ${completionTokens} of answer${warm ? ", the session's cache counted" : ""}.`,
    details: { micro_dollars: Object.fromEntries(costs) },
  };
}
