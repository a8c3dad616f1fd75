/** `router.knn`: the model that was best at the labelled queries nearest to a text. */
import { globMatches } from "../../../lib/glob.ts";
import type { Choice, RoutingContext, Unusable } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import type { Labelled } from "./format.ts";
import { byDefault, queryAmong, rounded } from "./labels.ts";
import { largest, similarities } from "./nearest.ts";

/** What counts beside the neighbours. Chosen on labelled queries, see docs/routing.md. */
export interface Weights {
  /** A neighbour counts by this power of its similarity. */
  readonly power: number;
  /** As much as a model's mean over all labelled queries counts. */
  readonly prior: number;
}

const WEIGHTS: Weights = { power: 4, prior: 2 };
/** Of the neighbours that are told. */
const MOST_TOLD = 10;

/** See Judges. */
export async function knn(targets: readonly Target[], context: RoutingContext): Promise<Choice | Unusable> {
  const { router, priceOf, readsTexts } = context;
  const query = await queryAmong("knn", targets, context);
  if ("choice" in query) return query.choice;
  const { labelled, vector } = query;
  const { k = 1, costWeight = 0 } = router.knn ?? {};
  const alike = similarities(labelled, vector);
  const neighbours = largest(alike, k);
  const expected = expectedScores(labelled, alike, neighbours);
  const prices = targets.map(priceOf);
  const dearest = Math.max(0, ...prices.map((price) => price ?? 0)) || 1;
  const ranked = targets
    .flatMap((target, index) => {
      const column = columnOf(target, labelled.models);
      const score = column === -1 ? undefined : expected[column];
      if (score === undefined || Number.isNaN(score)) return [];
      // What nobody knows the price of counts as the dearest.
      const share = (prices[index] ?? dearest) / dearest;
      return [{ target, score, value: score - costWeight * share }];
    })
    .toSorted((a, b) => b.value - a.value);
  const details = {
    ...{ k, cost_weight: costWeight },
    expected: Object.fromEntries(ranked.map(({ target, score }) => [target.name, rounded(score)])),
    neighbours: neighbours.slice(0, MOST_TOLD).map((row) => ({
      ...{ index: row, similarity: rounded(alike[row] ?? 0) },
      ...(readsTexts && { text: labelled.text(row) ?? "" }),
    })),
  };
  const [first, second] = ranked;
  if (first === undefined)
    return {
      ...byDefault(targets, router, "because the labelled queries have scores of no model that can serve"),
      details,
    };
  const [nearest = 0] = neighbours;
  const range = `similarity ${rounded(alike[neighbours.at(-1) ?? 0] ?? 0)} to ${rounded(alike[nearest] ?? 0)}, query ${nearest} first`;
  const cost = costWeight > 0 ? `, less ${costWeight} of the price` : "";
  const next = second ? `; next '${second.target.name}' ${rounded(second.score)}` : "";
  return {
    targets: [...new Set([...ranked.map(({ target }) => target), ...targets])],
    reason: `By the ${neighbours.length} nearest of ${labelled.rows} labelled queries (${range}): expected score ${rounded(first.score)}${cost}${next}.`,
    details,
  };
}

/** Which of the scored models a target is: by its name, an alias, its upstream's id; -1 where it is none. */
export function columnOf({ name, aliases = [], model }: Target, models: readonly string[]): number {
  const named = models.indexOf(name);
  if (named !== -1) return named;
  const known = models.findIndex((scored) => aliases.some((alias) => globMatches(alias, scored)));
  return known === -1 ? models.indexOf(model) : known;
}

const means = new WeakMap<Labelled, readonly number[]>();

/**
 * What each scored model can be expected to reach.
 * @param alike Of all rows. @param neighbours Those that count.
 */
export function expectedScores(
  labelled: Labelled,
  alike: Float32Array,
  neighbours: readonly number[],
  { power, prior }: Weights = WEIGHTS,
): number[] {
  const { models, scores } = labelled;
  const usual = means.get(labelled) ?? models.map((_, column) => meanOf(labelled, column));
  means.set(labelled, usual);
  return models.map((_, column) => {
    let sum = prior * (usual[column] ?? 0);
    let weights = prior;
    for (const row of neighbours) {
      const score = scores[row * models.length + column] ?? Number.NaN;
      if (Number.isNaN(score)) continue;
      const weight = Math.max(0, alike[row] ?? 0) ** power;
      sum += weight * score;
      weights += weight;
    }
    return sum / (weights || 1);
  });
}

function meanOf({ rows, models, scores }: Labelled, column: number): number {
  let sum = 0;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const score = scores[row * models.length + column] ?? Number.NaN;
    if (Number.isNaN(score)) continue;
    sum += score;
    count++;
  }
  return sum / count;
}
