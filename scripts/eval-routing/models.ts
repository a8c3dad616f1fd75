/** Which model each strategy chooses for labelled queries, and what that reaches and costs. */
import { KNN } from "../../src/config/meaning.ts";
import { complexityOf } from "../../src/routing/strategies/judges/complexity.ts";
import { shortened } from "../../src/routing/query.ts";
import { best, expected, labelledOf, nearness, type Scored } from "./scored.ts";
import { type Estimate, estimate, meanOf } from "./statistics.ts";

export interface ModelsReport {
  readonly outcomes: readonly Outcome[];
  /** What strategy knn reaches beyond the best single model, query by query. */
  readonly gain: Estimate;
}

export interface Outcome {
  readonly name: string;
  readonly score: Estimate;
  /** Parameters of the chosen models in thousand millions, on the average: what stands for a price. */
  readonly size: number;
}

/** What the dearest model's size takes from its score, in the row that weighs them. */
const COST_WEIGHT = 0.1;

/** @param train What the strategies know. @param test What they are asked. */
export function evaluateModels(train: Scored, test: Scored): ModelsReport {
  const { models } = train;
  const scoreOf = (row: number, model: string | undefined) =>
    test.scores[row]?.[test.models.indexOf(model ?? "")] ?? 0;
  const sizes = models.map(sizeOf);
  const labelled = labelledOf(train);
  const near = test.vectors.map((vector) => nearness(labelled, vector, KNN.k.otherwise));
  const means = models.map((_, column) => meanOf(train.scores.map((scores) => scores[column] ?? 0)));
  const single = best(means);
  const small = best(means.map((mean, column) => ((sizes[column] ?? 0) < 10 ? mean : -1)));
  const hard = train.texts.map(complexity).sort((a, b) => a - b)[Math.floor(train.texts.length / 2)] ?? 0;
  const largest = Math.max(...sizes);
  const ways: Readonly<Record<string, (row: number) => number>> = {
    [`the best single model (${models[single]})`]: () => single,
    [`the best small model (${models[small]})`]: () => small,
    [`complexity: the small one below ${hard}, else the best`]: (row) =>
      complexity(test.texts[row] ?? "") < hard ? small : single,
    [`knn, k ${KNN.k.otherwise}`]: (row) => best(expectedAt(row)),
    [`knn, k ${KNN.k.otherwise}, cost_weight ${COST_WEIGHT}`]: (row) =>
      best(expectedAt(row).map((score, column) => score - (COST_WEIGHT * (sizes[column] ?? 0)) / largest)),
    "an oracle": (row) => best(models.map((model) => scoreOf(row, model))),
  };
  const expectedAt = (row: number) => {
    const found = near[row];
    return found ? expected(labelled, found, KNN.k.otherwise) : means;
  };
  const rows = test.texts.map((_, row) => row);
  const random = rows.map((row) => meanOf(models.map((model) => scoreOf(row, model))));
  const gain = rows.map((row) => scoreOf(row, models[best(expectedAt(row))]) - scoreOf(row, models[single]));
  const outcomes = [
    { name: "random", score: estimate(random), size: meanOf(sizes) },
    ...Object.entries(ways).map(([name, choose]) => {
      const chosen = rows.map(choose);
      return {
        name,
        score: estimate(rows.map((row) => scoreOf(row, models[chosen[row] ?? 0]))),
        size: meanOf(chosen.map((column) => sizes[column] ?? 0)),
      };
    }),
  ];
  return { outcomes, gain: estimate(gain) };
}

function complexity(text: string): number {
  return complexityOf(shortened(text), text.length).score;
}

/** As the models' names tell it; 1 where they do not, which makes all alike. */
function sizeOf(model: string): number {
  return Number(/(\d+(?:\.\d+)?)b\b/i.exec(model)?.[1] ?? 1);
}
