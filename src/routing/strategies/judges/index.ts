/** The strategies that judge a text: a module of its own beside the Worker, loaded where one of them is configured. */
import type { Choice, Judges, RoutingContext } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import { complexityOf, MOST, tierOf } from "./complexity.ts";
import { knn } from "./knn.ts";
import { semantic } from "./semantic.ts";

export const judges: Judges = { complexity, semantic, knn };

/** The model of the tier; where it cannot serve the next harder tier's, else the next easier one's. */
function complexity(targets: readonly Target[], { router, query, queryChars }: RoutingContext): Choice {
  const { tiers } = router;
  const { score, parts } = complexityOf(query, queryChars);
  const at = tierOf(score, tiers);
  const names = [...tiers.slice(at), ...tiers.slice(0, at).reverse()].map(({ model }) => model);
  const chosen = names.flatMap((name) => targets.filter((target) => target.name === name));
  const told = parts.map(([name, points]) => `${name} ${points}`).join(", ");
  const { below } = tiers[at] ?? {};
  const bound = below === undefined ? "the last tier" : `the tier below ${below}`;
  return {
    targets: [...new Set([...chosen, ...targets])],
    reason: `The text scores ${score} of ${MOST} (${told || "nothing"}): ${bound}.`,
    details: { score, parts: Object.fromEntries(parts) },
  };
}
