/** `router.routes`: the route whose examples mean what a text means. */
import type { RouterConfig } from "../../../config/types.ts";
import type { Choice, RoutingContext, Unusable } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import type { Labelled } from "./format.ts";
import { byDefault, queryAmong, rounded } from "./labels.ts";
import { similarities } from "./nearest.ts";

/** As many examples as the name of a route counts for: it says in a word what they are about. */
const NAME_WEIGHT = 2;
/** What the nearest example counts for beside the middle of all. */
const NEAREST_WEIGHT = 0.3;
/** Of the routes that are told. */
const MOST_TOLD = 10;

/** What can be known of routes before any text. All vectors are looked at from the middle of the routes: what all of them share tells nothing. */
interface Routes {
  readonly middle: Float32Array;
  /** Of the middle, squared. */
  readonly middleLength: number;
  /** By row: its product with the middle, and how far it is from there. */
  readonly products: readonly number[];
  readonly distances: readonly number[];
  /** By route: where it lies, at the length 1, its product with the middle, its first row and the one behind its last. */
  readonly each: readonly { direction: Float32Array; product: number; from: number; to: number }[];
}

const known = new WeakMap<Labelled, Routes>();

/** See Judges. */
export async function semantic(
  targets: readonly Target[],
  context: RoutingContext,
): Promise<Choice | Unusable> {
  const { router, readsTexts } = context;
  const query = await queryAmong("semantic", targets, context);
  if ("choice" in query) return query.choice;
  const { labelled, vector } = query;
  const scored = scoresOf(labelled, router, vector);
  const isServed = ({ model }: { readonly model: string }) => targets.some(({ name }) => name === model);
  const [first, second] = scored.filter(isServed);
  const told = scored.slice(0, MOST_TOLD).map(({ route, model, score, similarity, example }) => ({
    ...{ route, model, score: rounded(score), similarity: rounded(similarity), example },
    ...(readsTexts && {
      text: router.routes.find(({ name }) => name === route)?.examples[example - 1] ?? "",
    }),
  }));
  const details = { routes: told, threshold: router.threshold };
  if (first === undefined)
    return { ...byDefault(targets, router, "because no route leads to a model that can serve"), details };
  const shown = `example ${first.example} of route '${first.route}' (similarity ${rounded(first.similarity)})`;
  if (first.similarity < router.threshold) {
    const why = `because the nearest, ${shown}, is below router.threshold (${router.threshold})`;
    return { ...byDefault(targets, router, why), details };
  }
  const ranked = scored.flatMap(({ model }) => targets.filter(({ name }) => name === model));
  const next = second ? `; next '${second.route}' (score ${rounded(second.score)})` : "";
  return {
    targets: [...new Set([...ranked, ...byDefault(targets, router, "").targets])],
    reason: `Route '${first.route}' (score ${rounded(first.score)}), by ${shown}${next}.`,
    details,
  };
}

interface Scored {
  readonly route: string;
  readonly model: string;
  readonly score: number;
  /** Of its nearest example, and which that is, from 1 on. */
  readonly similarity: number;
  readonly example: number;
}

/** The routes, best first. @param query Of length 1. */
export function scoresOf(
  labelled: Labelled,
  { routes }: Pick<RouterConfig, "routes">,
  query: Float32Array,
): Scored[] {
  const found =
    known.get(labelled) ??
    routesOf(
      labelled,
      routes.map(({ examples }) => examples.length + 1),
    );
  known.set(labelled, found);
  const { middle, middleLength, products, distances, each } = found;
  const alike = similarities(labelled, query);
  const toMiddle = dot(query, middle);
  const distance = Math.sqrt(Math.max(1e-9, 1 - 2 * toMiddle + middleLength));
  const scored = routes.flatMap(({ name, model }, index): Scored[] => {
    const at = each[index];
    if (at === undefined) return [];
    let nearest = -1;
    let best = at.from + 1;
    for (let row = at.from; row < at.to; row++) {
      const product = (alike[row] ?? 0) - toMiddle - (products[row] ?? 0) + middleLength;
      nearest = Math.max(nearest, product / (distance * (distances[row] ?? 1)));
      // The name is no example.
      if (row > at.from && (alike[row] ?? 0) > (alike[best] ?? 0)) best = row;
    }
    const central = (dot(query, at.direction) - at.product) / distance;
    const score = (central + NEAREST_WEIGHT * nearest) / (1 + NEAREST_WEIGHT);
    return [{ route: name, model, score, similarity: alike[best] ?? 0, example: best - at.from }];
  });
  return scored.toSorted((a, b) => b.score - a.score);
}

/** @param sizes How many rows each route has, its name's first. */
function routesOf({ vectors, scales, dimensions, rows }: Labelled, sizes: readonly number[]): Routes {
  const rowAt = (row: number) => {
    const scale = scales[row] ?? 0;
    return Float32Array.from(
      vectors.subarray(row * dimensions, (row + 1) * dimensions),
      (number) => number * scale,
    );
  };
  let from = 0;
  const means = sizes.map((size) => {
    const parts = Array.from({ length: size }, (_, index) => rowAt(from + index));
    const weights = parts.map((_, index) => (index === 0 ? NAME_WEIGHT : 1));
    from += size;
    return { mean: weightedMean(parts, weights, dimensions), from: from - size, to: from };
  });
  // A single route has nothing to be told apart from.
  const middle =
    means.length > 1
      ? weightedMean(
          means.map(({ mean }) => mean),
          means.map(() => 1),
          dimensions,
        )
      : new Float32Array(dimensions);
  const middleLength = dot(middle, middle);
  const products = Array.from({ length: rows }, (_, row) => dot(rowAt(row), middle));
  return {
    ...{ middle, middleLength, products },
    distances: products.map((product) => Math.sqrt(Math.max(1e-9, 1 - 2 * product + middleLength))),
    each: means.map(({ mean, from, to }) => {
      const beyond = mean.map((number, index) => number - (middle[index] ?? 0));
      const length = Math.sqrt(dot(beyond, beyond)) || 1;
      const direction = beyond.map((number) => number / length);
      return { direction, product: dot(direction, middle), from, to };
    }),
  };
}

function weightedMean(
  parts: readonly Float32Array[],
  weights: readonly number[],
  dimensions: number,
): Float32Array {
  const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
  const mean = new Float32Array(dimensions);
  for (const [index, part] of parts.entries()) {
    const weight = (weights[index] ?? 0) / sum;
    for (let at = 0; at < dimensions; at++) mean[at] = (mean[at] ?? 0) + (part[at] ?? 0) * weight;
  }
  return mean;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}
