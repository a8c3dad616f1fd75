/** Labelled queries with their vectors, as the router has them: through the file of vectors, in int8. */
import { readFileSync } from "node:fs";
import {
  type Labelled,
  readLabelled,
  unit,
  writeLabelled,
} from "../../src/routing/strategies/judges/format.ts";
import { expectedScores, type Weights } from "../../src/routing/strategies/judges/knn.ts";
import { largest, similarities } from "../../src/routing/strategies/judges/nearest.ts";
import { type LabelledQueries, readQueries } from "../embed/labelled-queries.ts";
import { vectorsOf } from "./vectors.ts";

export interface Scored extends LabelledQueries {
  readonly vectors: readonly Float32Array[];
}

/**
 * Reads a file of labelled queries.
 * @param most Only so many of them, evenly spread; for a quick look.
 * @throws Error that names lines of no use.
 */
export async function readScored(file: string, most = Number.POSITIVE_INFINITY): Promise<Scored> {
  const { queries, problems } = readQueries(readFileSync(file, "utf8"));
  if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}`);
  const step = Math.max(1, Math.ceil(queries.texts.length / most));
  const part = <T>(list: readonly T[]) => list.filter((_, index) => index % step === 0);
  const texts = part(queries.texts);
  return { texts, models: queries.models, scores: part(queries.scores), vectors: await vectorsOf(texts) };
}

/** Some of the queries, by their places in the list. */
export function pick({ texts, models, scores, vectors }: Scored, rows: readonly number[]): Scored {
  const at = <T>(list: readonly T[]) => rows.flatMap((row) => list.slice(row, row + 1));
  return { models, texts: at(texts), scores: at(scores), vectors: at(vectors) };
}

/** What the Worker reads. */
export function labelledOf({ texts, models, scores, vectors }: Scored): Labelled {
  const header = { kind: "knn", model: "offline", digest: "", models } as const;
  const { buffer } = writeLabelled({ header, vectors, scores, texts });
  const labelled = buffer instanceof ArrayBuffer ? readLabelled(buffer) : undefined;
  if (labelled === undefined) throw new Error("the file of vectors cannot be read");
  return labelled;
}

/** How alike a text and all queries are, and the nearest of them, best first. */
export interface Nearness {
  readonly alike: Float32Array;
  readonly nearest: readonly number[];
}

export function nearness(labelled: Labelled, vector: Float32Array, most: number): Nearness {
  const alike = similarities(labelled, unit(vector));
  return { alike, nearest: largest(alike, most) };
}

/** What each model can be expected to reach, by the `k` nearest queries. */
export function expected(
  labelled: Labelled,
  { alike, nearest }: Nearness,
  k: number,
  weights?: Weights,
): number[] {
  return expectedScores(labelled, alike, nearest.slice(0, k), weights);
}

/** Where the greatest number stands. */
export function best(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
