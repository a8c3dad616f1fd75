import type { Choice, RoutingContext, Strategy } from "./strategy.ts";
import type { Target } from "../../target.ts";
import { random } from "./random.ts";

/** Within so much of the fastest a model is as fast. */
const EQUAL = 1.1;
/** Of the requests, so that what is measured of the others stays fresh. */
const ELSEWHERE = 0.01;

/** Picks whose first words come soonest, as measured; among equals, and those of which nothing is known, by chance. */
export const fastest: Strategy = {
  name: "fastest",
  description:
    "Picks the model whose first words come soonest, as all isolates have measured it; one request of a hundred goes elsewhere.",
  order: bySpeed,
};

async function bySpeed(targets: readonly Target[], context: RoutingContext): Promise<Choice> {
  const { targets: drawn } = await random.order(targets, context);
  const times = new Map(drawn.map((target) => [target, context.speed?.(target)]));
  const measured = [...times.values()].filter((ms) => ms !== undefined);
  const details = {
    first_words_ms: Object.fromEntries([...times].map(([{ name }, ms]) => [name, ms ?? null])),
  };
  if (measured.length === 0) {
    return { targets: drawn, reason: "Nothing is measured yet: drawn by chance.", details };
  }
  const limit = Math.min(...measured) * EQUAL;
  const isFast = (target: Target) => (times.get(target) ?? 0) <= limit;
  const fast = drawn.filter(isFast);
  const slow = drawn.filter((target) => !isFast(target));
  const [first] = slow;
  if (first && context.random() < ELSEWHERE) {
    return {
      targets: [first, ...fast, ...slow.slice(1)],
      note: "measuring",
      reason: "One request of a hundred goes elsewhere than to the fastest, so that measurements stay fresh.",
      details,
    };
  }
  slow.sort((a, b) => (times.get(a) ?? 0) - (times.get(b) ?? 0));
  return {
    targets: [...fast, ...slow],
    reason: "Its first words come soonest, or as soon as any other's, or nothing is known of it yet.",
    details,
  };
}
