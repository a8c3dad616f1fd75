/**
 * `npm run eval:routing:choose -- FILE`: which `k` and weights of strategy knn are best, by ten-fold cross-validation on a file
 * of labelled queries. It opens no other file: what the evaluation is made on must not have been seen.
 */
import { resolve } from "node:path";
import type { Weights } from "../../src/routing/strategies/judges/knn.ts";
import { best, expected, labelledOf, nearness, pick, readScored } from "./scored.ts";
import { estimate, meanOf, seeded, shuffled } from "./statistics.ts";

const FOLDS = 10;
const KS = [5, 10, 20, 30, 40, 60, 80, 120];
const POWERS = [0, 1, 2, 4, 8];
const PRIORS = [0, 1, 2, 5];

interface Tried {
  readonly k: number;
  readonly weights: Weights;
  readonly reached: number[];
}

const [file] = process.argv.slice(2);
if (file === undefined || file.startsWith("-")) {
  console.error("usage: npm run eval:routing:choose -- FILE");
  process.exit(2);
}
// npm changes to the project's folder; the file is meant from where it was called.
const all = await readScored(resolve(process.env.INIT_CWD ?? process.cwd(), file)).catch(
  (thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(1);
  },
);
const order = shuffled(all.texts.length, seeded(1));
const tried: Tried[] = KS.flatMap((k) =>
  POWERS.flatMap((power) => PRIORS.map((prior) => ({ k, weights: { power, prior }, reached: [] }))),
);
const single: number[] = [];
for (let fold = 0; fold < FOLDS; fold++) {
  const labelled = labelledOf(
    pick(
      all,
      order.filter((_, place) => place % FOLDS !== fold),
    ),
  );
  const asked = pick(
    all,
    order.filter((_, place) => place % FOLDS === fold),
  );
  for (const [row, vector] of asked.vectors.entries()) {
    const scores = asked.scores[row] ?? [];
    const near = nearness(labelled, vector, Math.max(...KS));
    // Without neighbours the means over all queries are left.
    single.push(scores[best(expected(labelled, near, 0, { power: 1, prior: 1 }))] ?? 0);
    for (const { k, weights, reached } of tried)
      reached.push(scores[best(expected(labelled, near, k, weights))] ?? 0);
  }
}
const ranked = tried.toSorted((a, b) => meanOf(b.reached) - meanOf(a.reached));
const told = (values: readonly number[]) => {
  const { mean, low, high } = estimate(values);
  return `${mean.toFixed(4)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
};
console.log(`${all.texts.length} queries, ${FOLDS} folds`);
console.log(`the best single model: ${told(single)}`);
for (const { k, weights, reached } of ranked.slice(0, 10))
  console.log(`k ${k}, power ${weights.power}, prior ${weights.prior}: ${told(reached)}`);
