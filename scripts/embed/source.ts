/** What the vectors beside the Worker are made of, and whether those that there are belong to it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MOST_EXAMPLES } from "../../src/config/meaning.ts";
import type { Config } from "../../src/config/types.ts";
import type { Target } from "../../src/target.ts";
import { factsOf } from "../../src/routing/facts.ts";
import { shortened } from "../../src/routing/query.ts";
import { type Header, readLabelled, sourceDigest } from "../../src/routing/strategies/judges/format.ts";
import { columnOf } from "../../src/routing/strategies/judges/knn.ts";
import { routeTexts } from "../../src/routing/strategies/judges/labels.ts";
import { type LabelledQueries, readQueries } from "./labelled-queries.ts";

/** Of the rows alone. */
export const MOST_VECTOR_BYTES = 2 * 2 ** 20;

export interface Source {
  readonly header: Omit<Header, "rows" | "dimensions">;
  /** One a row. */
  readonly texts: readonly string[];
  /** What goes into the file with them, of labelled queries. */
  readonly labelled: Pick<LabelledQueries, "texts" | "scores">;
  readonly embeddingModel: Target;
}

export interface FoundSource {
  /** Undefined where something is wrong, or nothing needs vectors. */
  readonly source: Source | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const NOTHING: FoundSource = { source: undefined, problems: [], warnings: [] };

/** Where the vectors of a configuration's file are. */
export function vectorsFile(file: string): string {
  return file.replace(/\.(?:ya?ml|json)$/, "").concat(".vectors");
}

/** @param file The configuration's, from which `router.knn.data` is meant. */
export async function sourceOf({ router, chatTargets }: Config, file: string): Promise<FoundSource> {
  const { strategy, embeddingModel, knn } = router;
  if (embeddingModel === undefined) return NOTHING;
  const { model } = embeddingModel;
  if (strategy === "semantic") {
    const routes = routeTexts(router);
    const header = { kind: strategy, model, digest: await sourceDigest(model, routes), models: [] };
    const texts = routes.flat().map(shortened);
    const labelled = { texts: [], scores: [] };
    return { ...NOTHING, source: { header, texts, labelled, embeddingModel } };
  }
  if (strategy !== "knn" || knn === undefined) return NOTHING;
  const path = join(dirname(file), knn.data);
  if (!existsSync(path)) return wrong(`${knn.data} is not there; it is looked for beside the configuration`);
  const { queries, problems } = readQueries(readFileSync(path, "utf8"));
  if (problems.length > 0)
    return { ...NOTHING, problems: problems.map((line) => `router.knn.data: ${knn.data}, ${line}`) };
  const { texts, models, scores } = queries;
  if (texts.length === 0) return wrong(`${knn.data} holds no labelled queries`);
  if (texts.length > MOST_EXAMPLES)
    return wrong(`${knn.data} has ${texts.length} queries; wanted at most ${MOST_EXAMPLES}`);
  const columns = chatTargets.map((target) => columnOf(target, models));
  if (columns.every((column) => column === -1)) {
    return wrong(
      `${knn.data} has scores of ${models.slice(0, 10).join(", ")}, and none of these is a model under llms, by name, alias or id`,
    );
  }
  const strangers = models.filter((_, column) => !columns.includes(column));
  const unpriced = chatTargets
    .filter((target) => factsOf(target).prices === undefined)
    .map(({ name }) => name);
  const unscored = chatTargets.filter((_, index) => columns[index] === -1).map(({ name }) => name);
  return {
    problems: [],
    warnings: [
      ...(strangers.length > 0
        ? [
            `router.knn.data: scores of ${strangers.join(", ")} have no effect: there are no such models under llms`,
          ]
        : []),
      ...(unscored.length > 0
        ? [
            `router.knn.data: there are no scores of ${unscored.join(", ")}: strategy knn never prefers what it knows nothing of`,
          ]
        : []),
      ...(knn.costWeight > 0 && unpriced.length > 0
        ? [`router.knn.cost_weight: ${unpriced.join(", ")} have no price, so they count as the dearest`]
        : []),
    ],
    source: {
      header: { kind: strategy, model, digest: await sourceDigest(model, queries), models },
      ...{ texts, labelled: { texts, scores }, embeddingModel },
    },
  };
}

/** What is wrong with the vectors that there are; undefined where they belong to the source. */
export function vectorsProblem(bytes: Uint8Array | undefined, { header }: Source): string | undefined {
  const how = "run npm run embed";
  if (bytes === undefined) return `router.strategy: ${header.kind} wants vectors, and there are none; ${how}`;
  const { buffer, byteOffset, byteLength } = new Uint8Array(bytes);
  const found =
    buffer instanceof ArrayBuffer
      ? readLabelled(buffer.slice(byteOffset, byteOffset + byteLength))
      : undefined;
  if (found === undefined) return `the file of vectors is none; ${how}`;
  if (found.model !== header.model)
    return `router.embedding_model is ${header.model}, and the vectors were made by ${found.model}; ${how}`;
  if (found.digest === header.digest) return undefined;
  const what =
    header.kind === "knn"
      ? "other labelled queries than router.knn.data has"
      : "other examples than router.routes has";
  return `the vectors were made of ${what}; ${how}`;
}

function wrong(text: string): FoundSource {
  return { ...NOTHING, problems: [`router.knn.data: ${text}`] };
}
