/** The strategies that judge a text. Their work is done in a module of its own beside the Worker. */
import type { Strategy } from "./strategy.ts";
import { RouterError } from "../../errors.ts";
import { included } from "../weights.ts";

export const complexity: Strategy = {
  name: "complexity",
  description:
    "Picks by how hard the text looks (router.tiers): its length, code, numbers, question words. Asks nobody.",
  async order(targets, context) {
    const judges = await context.further.judges();
    return judges.complexity(included(targets, context.router.weights), context);
  },
};

export const semantic: Strategy = {
  name: "semantic",
  description: "Picks the route (router.routes) whose examples mean what the text means.",
  order: byVectors("semantic"),
};

export const knn: Strategy = {
  name: "knn",
  description: "Picks the model that was best at the labelled queries (router.knn) nearest to the text.",
  order: byVectors("knn"),
};

function byVectors(name: "semantic" | "knn"): Strategy["order"] {
  return async (targets, context) => {
    const judges = await context.further.judges();
    const choice = await judges[name](included(targets, context.router.weights), context);
    if ("unusable" in choice) throw new RouterError("config_invalid", choice.unusable);
    return choice;
  };
}
