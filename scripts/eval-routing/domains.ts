/** Strategy semantic on queries with a domain: five examples a domain, the other queries asked. */
import { readFileSync } from "node:fs";
import { asObject, asString } from "../../emulator/json.ts";
import type { RouterConfig } from "../../src/config/types.ts";
import { readLabelled, unit, writeLabelled } from "../../src/routing/strategies/judges/format.ts";
import { scoresOf } from "../../src/routing/strategies/judges/semantic.ts";
import { type Estimate, estimate, meanOf, seeded, shuffled } from "./statistics.ts";
import { vectorsOf } from "./vectors.ts";

const EXAMPLES = 5;
const SPLITS = 100;

export interface DomainReport {
  readonly queries: number;
  readonly domains: number;
  /** How many were asked with the first five of each domain as examples. */
  readonly asked: number;
  /** The part that was right, by what was compared. */
  readonly first: Readonly<Record<Way, Estimate>>;
  /** The mean over random choices of examples, and how much it varies among them. */
  readonly splits: Readonly<Record<Way, { readonly mean: number; readonly deviation: number }>>;
}

/** Plain ways to compare beside the strategy. */
const WAYS = ["nearest example", "nearest centroid", "semantic"] as const;
export type Way = (typeof WAYS)[number];

interface Query {
  readonly text: string;
  readonly domain: string;
}

/** @param file One `{query, domain}` a line. */
export async function evaluateDomains(file: string): Promise<DomainReport> {
  const queries = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line): Query => {
      const { query, domain } = asObject(JSON.parse(line));
      return { text: asString(query), domain: asString(domain) };
    });
  const domains = [...new Set(queries.map(({ domain }) => domain))].sort();
  const vectors = (await vectorsOf([...domains, ...queries.map(({ text }) => text)])).map(unit);
  const names = vectors.slice(0, domains.length);
  const asked = vectors.slice(domains.length);
  const run = (order: readonly number[]) => right(queries, domains, { names, asked, order });
  const first = run(queries.map((_, index) => index));
  const random = seeded(1);
  const splits = Array.from({ length: SPLITS }, () => run(shuffled(queries.length, random)));
  const byWay = <T>(of: (way: Way) => T): Record<Way, T> => ({
    "nearest example": of("nearest example"),
    "nearest centroid": of("nearest centroid"),
    semantic: of("semantic"),
  });
  return {
    queries: queries.length,
    domains: domains.length,
    asked: first.semantic.length,
    first: byWay((way) => estimate(first[way])),
    splits: byWay((way) => {
      const means = splits.map((split) => meanOf(split[way]));
      const mean = meanOf(means);
      return { mean, deviation: Math.sqrt(meanOf(means.map((one) => (one - mean) ** 2))) };
    }),
  };
}

interface Made {
  /** Of the domains' names, and of the queries. */
  readonly names: readonly Float32Array[];
  readonly asked: readonly Float32Array[];
  /** The first queries of each domain in this order are its examples. */
  readonly order: readonly number[];
}

/** 1 for each query that was given its own domain, else 0. */
function right(queries: readonly Query[], domains: readonly string[], made: Made): Record<Way, number[]> {
  const { names, asked, order } = made;
  const rows = domains.map((domain) => order.filter((row) => queries[row]?.domain === domain));
  const examples = rows.map((found) => found.slice(0, EXAMPLES));
  const at = (row: number) => asked[row] ?? new Float32Array();
  const routes = domains.map((name, index) => ({
    ...{ name, model: name },
    examples: (examples[index] ?? []).map((row) => queries[row]?.text ?? ""),
  }));
  const header = { kind: "semantic", model: "offline", digest: "", models: [] } as const;
  const vectors = domains.flatMap((_, index) => [names[index] ?? [], ...(examples[index] ?? []).map(at)]);
  const { buffer } = writeLabelled({ header, vectors, scores: [], texts: [] });
  const labelled = buffer instanceof ArrayBuffer ? readLabelled(buffer) : undefined;
  if (labelled === undefined) throw new Error("the file of vectors cannot be read");
  const router: Pick<RouterConfig, "routes"> = { routes };
  const centroids = examples.map((found) => unit(sum(found.map(at))));
  const found: Record<Way, number[]> = { "nearest example": [], "nearest centroid": [], semantic: [] };
  for (const [index, all] of rows.entries()) {
    for (const row of all.slice(EXAMPLES)) {
      const vector = at(row);
      const near = examples.map((own) => Math.max(...own.map((other) => dot(vector, at(other)))));
      const central = centroids.map((centroid) => dot(vector, centroid));
      const [first] = scoresOf(labelled, router, vector);
      found["nearest example"].push(Number(best(near) === index));
      found["nearest centroid"].push(Number(best(central) === index));
      found.semantic.push(Number(first?.route === domains[index]));
    }
  }
  return found;
}

function sum(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (const [at, number] of vector.entries()) all[at] = (all[at] ?? 0) + number;
  return all;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((total, number, index) => total + number * (b[index] ?? 0), 0);
}

function best(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
