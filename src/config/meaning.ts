/** What the strategies look at that judge by meaning: `tiers`, `routes`, `knn` and who makes the vectors. */
import type { Target } from "../target.ts";
import { count, duration, fraction, MAX_TIMER_MS, modelName, text } from "./fields.ts";
import { type Key, key, listKey } from "./keys.ts";
import { show } from "./report.ts";
import type { Section } from "./section.ts";
import { unknownModel } from "./targets.ts";
import type { ExampleRoute, RouterConfig, StrategyName, Tier } from "./types.ts";

/** More neighbours than this tell nothing of a question. */
const MOST_NEIGHBOURS = 1000;
/** As many rows as vectors may have. */
export const MOST_EXAMPLES = 10_000;

/** Keys of `router`. */
export const MEANING = {
  threshold: key("threshold", fraction, 0),
  defaultModel: key("default", modelName),
  embeddingTimeoutMs: key("embedding_timeout", duration(MAX_TIMER_MS), 300),
};
export const EMBEDDING_MODEL = key("embedding_model", { ...text, wanted: "the name of an embedding model" });
/** An entry of `router.tiers`. */
export const TIER = { model: key("model", modelName), below: key("below", count(1, 100)) };
/** An entry of `router.routes`. */
export const ROUTE = {
  name: key("name", text),
  model: key("model", modelName),
  examples: listKey("examples", {
    ...text,
    wanted: "a text (put it in quotes if it is a number)",
    reference: "plain",
  }),
};
/** The mapping `router.knn`. */
export const KNN = {
  data: key("data", { ...text, wanted: "the path of a file, from where the configuration lies" }),
  k: key("k", count(1, MOST_NEIGHBOURS), 30),
  costWeight: key("cost_weight", fraction, 0),
};

type Meaning = Pick<
  RouterConfig,
  "tiers" | "routes" | "threshold" | "knn" | "embeddingModel" | "embeddingTimeoutMs" | "defaultModel"
>;

/** @param strategy `router.strategy`: what it needs has to be there. */
export function readMeaning(at: Section, targets: readonly Target[], strategy: StrategyName): Meaning {
  const values = at.all(MEANING);
  const embeddingModel = readEmbeddingModel(at, targets);
  const knn = readKnn(at);
  checkModel(at, MEANING.defaultModel, targets);
  const tiers = at.items("tiers");
  const routes = at.items("routes");
  const missing = (name: string, what: string) => at.problem(name, `missing; wanted ${what}`);
  if (strategy === "complexity" && tiers.length === 0) {
    missing("tiers", "models by the score of a text: [{below: 20, model: a}, {model: b}]");
  }
  if (strategy === "semantic" && routes.length === 0) {
    missing(
      "routes",
      "what each model is for, by examples: [{name: code, model: a, examples: [Fix this bug]}]",
    );
  }
  if (strategy === "knn" && at.isMissing("knn")) {
    missing("knn", "the file with labelled queries: {data: queries.jsonl}");
  }
  if ((strategy === "semantic" || strategy === "knn") && at.isMissing(EMBEDDING_MODEL.name)) {
    missing(EMBEDDING_MODEL.name, `the model of kind embedding that strategy ${strategy} asks for vectors`);
  }
  return {
    ...values,
    tiers: readTiers(tiers, targets),
    routes: readRoutes(at, routes, targets),
    ...(embeddingModel && { embeddingModel }),
    ...(knn && { knn }),
  };
}

function readTiers(items: readonly Section[], targets: readonly Target[]): Tier[] {
  let least = 0;
  return items.flatMap((item, index): Tier[] => {
    const { model, below } = item.all(TIER);
    requireModel(item, TIER.model, targets);
    const isLast = index === items.length - 1;
    if (isLast && below !== undefined) item.problem("below", "the last tier takes what is left; wanted none");
    if (!isLast && item.isMissing("below"))
      item.problem("below", "missing; wanted the score from which on the next tier counts");
    if (below !== undefined && below <= least)
      item.problem("below", `${below} is not above ${least}, that of the tier before`);
    least = below ?? least;
    return model === undefined ? [] : [{ model, ...(below !== undefined && { below }) }];
  });
}

function readRoutes(at: Section, items: readonly Section[], targets: readonly Target[]): ExampleRoute[] {
  const names = new Set<string>();
  let examples = 0;
  const routes = items.flatMap((item): ExampleRoute[] => {
    const { name, model, examples: written = [] } = item.all(ROUTE);
    requireModel(item, ROUTE.model, targets);
    const texts = written.filter((example) => example.trim() !== "");
    examples += texts.length + 1;
    if (name === undefined)
      item.problem("name", "missing; wanted a word or two that say what the route is about");
    else if (names.has(name))
      item.problem("name", `there are two routes ${show(name)}; wanted one of each name`);
    else names.add(name);
    if (texts.length === 0) item.problem("examples", "missing; wanted questions that the route is for");
    return name === undefined || model === undefined ? [] : [{ name, model, examples: texts }];
  });
  if (examples > MOST_EXAMPLES)
    at.problem("routes", `there are more than ${MOST_EXAMPLES} names and examples; wanted fewer`);
  return routes;
}

function readKnn(at: Section): Meaning["knn"] {
  const section = at.section("knn");
  const { data, ...values } = section.all(KNN);
  if (data !== undefined) return { data, ...values };
  if (at.has("knn") && section.isMissing(KNN.data.name))
    section.problem("data", "missing; wanted the path of a file with labelled queries");
  return undefined;
}

function readEmbeddingModel(at: Section, targets: readonly Target[]): Target | undefined {
  const name = at.get(EMBEDDING_MODEL);
  const found = targets.find((target) => target.name === name);
  if (name === undefined || found?.task === "embedding") return found;
  const wrong = found ? "holds conversations or orders documents" : "is no model under llms";
  at.problem(EMBEDDING_MODEL.name, `${show(name)} ${wrong}; wanted one of kind embedding`);
  return undefined;
}

function requireModel(at: Section, where: Key<string>, targets: readonly Target[]): void {
  if (at.isMissing(where.name)) at.problem(where.name, "missing; wanted the name of a model");
  else checkModel(at, where, targets);
}

function checkModel(at: Section, where: Key<string>, targets: readonly Target[]): void {
  const name = at.get(where);
  const wrong = name === undefined ? undefined : unknownModel(name, targets);
  if (wrong !== undefined) at.problem(where.name, wrong);
}
