/** The vectors that belong to the configuration, or the words for their not doing so. */
import type { RouterConfig } from "../../../config/types.ts";
import type { Choice, RoutingContext, Unusable } from "../strategy.ts";
import type { Target } from "../../../target.ts";
import { type Header, type Labelled, readLabelled, sourceDigest, unit } from "./format.ts";

const HOW = "Run npm run embed with this configuration, and deploy again.";

/** Once for each file of vectors, however many requests come. */
const read = new WeakMap<ArrayBuffer, { readonly labelled: Labelled | undefined }>();
/** Configurations and the vectors that were looked at for them; with what is wrong, if anything. */
const checked = new WeakMap<RouterConfig, { labelled: Labelled; problem: Promise<string | undefined> }>();

/** What the vectors of `semantic` are made of: the names and examples of the routes, in their order. */
export function routeTexts({ routes }: RouterConfig): string[][] {
  return routes.map(({ name, examples }) => [name, ...examples]);
}

export interface Query {
  readonly labelled: Labelled;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** The vectors and that of the query; else what is to be chosen without them, or why nothing can be. */
export async function queryAmong(
  kind: Header["kind"],
  targets: readonly Target[],
  context: RoutingContext,
): Promise<Query | { readonly choice: Choice | Unusable }> {
  const { router, further } = context;
  const { embeddingModel } = router;
  if (embeddingModel === undefined) return { choice: { unusable: "router.embedding_model is missing." } };
  const file = await further.vectors();
  const { labelled } = read.get(file) ?? { labelled: readLabelled(file) };
  read.set(file, { labelled });
  if (labelled === undefined)
    return { choice: { unusable: `There are no vectors beside the Worker. ${HOW}` } };
  const known = checked.get(router);
  const problem =
    known?.labelled === labelled ? known.problem : whatIsWrong(kind, labelled, embeddingModel, router);
  checked.set(router, { labelled, problem });
  const wrong = await problem;
  if (wrong !== undefined) return { choice: { unusable: `${wrong} ${HOW}` } };
  const given = await context.embed(embeddingModel);
  if (given === undefined) {
    const reason = `'${embeddingModel.name}' would be asked for the vector of the text, which this does not do; with ?live=1 it does.`;
    return { choice: { targets: [], reason } };
  }
  if ("code" in given) {
    // The message may hold words of the upstream's, and the reason goes to every client.
    const why = `because the embedding model '${embeddingModel.name}' failed (${given.code})`;
    const details = { failure: given.message };
    return { choice: { ...byDefault(targets, router, why), note: "fallback", details } };
  }
  const { vector } = given;
  if (vector.length === labelled.dimensions) return { labelled, vector: unit(vector) };
  const unusable = `'${embeddingModel.name}' gives ${vector.length} numbers, and the vectors beside the Worker have ${labelled.dimensions}. ${HOW}`;
  return { choice: { unusable } };
}

async function whatIsWrong(
  kind: Header["kind"],
  labelled: Labelled,
  { model }: Target,
  router: RouterConfig,
): Promise<string | undefined> {
  if (labelled.model !== model)
    return `The vectors beside the Worker were made by ${labelled.model}, and router.embedding_model is ${model}.`;
  // Labelled queries are in a file that only the build can look at.
  const same = kind === "knn" || labelled.digest === (await sourceDigest(model, routeTexts(router)));
  if (labelled.kind === kind && same) return undefined;
  return "The vectors beside the Worker were made of other examples than the configuration has.";
}

/** `router.default`, else the first model; the others behind it in their order. */
export function byDefault(targets: readonly Target[], { defaultModel }: RouterConfig, why: string): Choice {
  const chosen = targets.filter(({ name }) => name === defaultModel);
  const which = chosen.length > 0 ? "The default" : "The first model";
  return { targets: [...new Set([...chosen, ...targets])], reason: `${which}, ${why}.` };
}

/** A similarity or score as it is told. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
