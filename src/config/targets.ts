/** `llms` (or `models`): the models, each a target, by name. */
import type { Target, WorkersAiTarget } from "../target.ts";
import { overlaps } from "./aliases.ts";
import { BASE, type BaseTarget, KIND, readBaseTarget, readTask } from "./base-target.ts";
import { type AddressKind, readBaseUrl } from "./base-url.ts";
import {
  BEDROCK_KEYS,
  REGIONS,
  readBedrockConnection,
  readBedrockTarget,
  readModelId,
} from "./bedrock-target.ts";
import { NOT_ANTHROPICS, readAnthropicConnection, readAnthropicTarget } from "./anthropic-target.ts";
import { unexpanded, unsetHint } from "./expand.ts";
import { MODEL, PROVIDER } from "./keys.ts";
import { nearest } from "../lib/nearest.ts";
import {
  OPENAI_API,
  OPENAI_CONNECTION_KEYS,
  OPENAI_KEYS,
  readOpenAiConnection,
  readOpenAiTarget,
  type Sources,
  taskOf,
} from "./openai-target.ts";
import { DEFAULT_PROVIDER, isAnthropic, isBedrock, isWorkersAi } from "./provider.ts";
import { show } from "./report.ts";
import type { Section } from "./section.ts";

/** Lets the router choose. */
const AUTO_NAME = "auto";
export const NOT_BEDROCK = "only Bedrock models (provider: bedrock) have it";
export const NOT_OPENAI = "only OpenAI-compatible models have it; Bedrock is called with AWS credentials";
export const NOT_ANTHROPIC =
  "only OpenAI-compatible models have it; provider anthropic is called at its own API";
export const NOT_BOUND = "a model of provider workers-ai is called by its binding";
export const NO_ROUTER_MODEL = "only a router model with a provider or base_url of its own has it";

/** Reads all models in the file's order. After a problem the list is only good for finding more of them. */
export function readTargets(root: Section, sources: Sources): Target[] {
  if (root.has("llms") && root.has("models")) {
    root.problem("models", "stands beside llms, which means the same; wanted one of them");
  }
  const targets: Target[] = [];
  const places: Section[] = [];
  for (const key of ["llms", "models"]) {
    // One pattern, so that both names have the same ignored keys.
    const models = root.section(key, "llms");
    for (const name of models.keys()) {
      const wrong = nameProblem(name);
      if (wrong !== undefined) models.problem(name, wrong);
      const place = models.entry(name);
      places.push(place);
      targets.push(readTarget(place, name, sources));
    }
  }
  checkAliases(places, targets);
  const isWrongKind = (key: string): boolean => root.has(key) && !root.isMapping(key);
  if (targets.length === 0 && !isWrongKind("llms") && !isWrongKind("models")) {
    root.problem("llms", "no models are configured; wanted at least one, such as gpt-4o: {provider: openai}");
  }
  return targets;
}

/**
 * Reads `router.model`, the model that strategy llm asks: the name of a target, or, with a `provider` or `base_url`
 * beside it, a model of its own with the same keys as in `llms`.
 */
export function readJudge(at: Section, targets: readonly Target[], sources: Sources): Target | undefined {
  const provider = readProvider(at);
  const baseUrl = readBaseUrl(at, sources.expand, addressKind(provider));
  if (provider === undefined && baseUrl.kind === "missing") {
    for (const key of [...OPENAI_CONNECTION_KEYS, REGIONS.name]) at.skip(key, NO_ROUTER_MODEL);
    const name = at.get(MODEL);
    const wrong = name === undefined ? undefined : unknownModel(name, targets);
    if (wrong !== undefined) {
      at.problem(
        "model",
        `${wrong}; a model of its own also needs router.provider or router.base_url${unsetHint(baseUrl.unset)}`,
      );
    }
    return name === undefined ? undefined : namedTarget(name, targets);
  }
  if (isWorkersAi(provider)) {
    at.problem(PROVIDER.name, "a model of Workers AI's binding holds no conversations; wanted another model");
  }
  const identity = { provider: provider ?? DEFAULT_PROVIDER, description: "" };
  if (isBedrock(provider)) {
    for (const key of OPENAI_CONNECTION_KEYS) at.skip(key, NOT_OPENAI);
    const model = readModelId(at);
    return readBedrockConnection(at, { ...identity, name: model, model }, baseUrl, sources);
  }
  at.skip(REGIONS.name, NOT_BEDROCK);
  if (isAnthropic(provider)) for (const key of OPENAI_CONNECTION_KEYS) at.skip(key, NOT_ANTHROPIC);
  const model = at.get(MODEL) ?? "";
  if (at.isMissing("model")) at.problem("model", "missing; wanted the router model's id at its provider");
  if (isAnthropic(provider)) {
    return readAnthropicConnection({ ...identity, name: model, model }, baseUrl, sources);
  }
  return readOpenAiConnection(at, { ...identity, name: model, model }, baseUrl, sources);
}

const indexes = new WeakMap<readonly Target[], ReadonlyMap<string, Target>>();

/** The model of this name. There may be hundreds, and as many places that name one. */
export function namedTarget(name: string, targets: readonly Target[]): Target | undefined {
  const index = indexes.get(targets) ?? new Map(targets.toReversed().map((target) => [target.name, target]));
  indexes.set(targets, index);
  return index.get(name);
}

/** What is wrong with mentioning `name` where the name of a model that chats is wanted; undefined if there is such a target. */
export function unknownModel(name: string, targets: readonly Target[]): string | undefined {
  const named = namedTarget(name, targets);
  if (named?.task !== undefined)
    return `${show(name)} is of kind ${named.task}, so it holds no conversations`;
  if (named) return undefined;
  const proposal = nearest(
    name,
    targets.map((target) => target.name),
  );
  const hint = proposal === undefined ? "" : `; the nearest is ${JSON.stringify(proposal)}`;
  return `there is no model ${show(name)} under llms${hint}`;
}

/** No name may lead to two models by their aliases. A configured name goes before every alias. */
function checkAliases(places: readonly Section[], targets: readonly Target[]): void {
  const all = targets.flatMap(({ name, aliases = [] }, index) =>
    aliases.map((alias) => ({ name, alias, at: places[index] })),
  );
  const before = overlaps(all);
  for (const one of all) {
    const { alias, at } = one;
    if (alias === AUTO_NAME || namedTarget(alias, targets) !== undefined) {
      at?.warn(
        BASE.aliases.name,
        `names ${show(alias)}, which is a name of its own already: it has no effect`,
      );
    }
    const other = before.get(one);
    if (other !== undefined) {
      const both = `${show(alias)} and ${show(other.alias)} of ${show(other.name)}`;
      at?.problem(
        BASE.aliases.name,
        `${both} stand for the same names; wanted each name to lead to one model`,
      );
    }
  }
}

function readTarget(at: Section, name: string, sources: Sources): Target {
  const provider = readProvider(at) ?? DEFAULT_PROVIDER;
  if (isBedrock(provider)) {
    for (const key of OPENAI_KEYS) at.skip(key, NOT_OPENAI);
    const base = readBaseTarget(at, { name, provider, model: readModelId(at) });
    return readBedrockTarget(at, base, sources);
  }
  for (const key of BEDROCK_KEYS) {
    if (key !== OPENAI_API.name || isAnthropic(provider) || isWorkersAi(provider)) at.skip(key, NOT_BEDROCK);
  }
  if (isAnthropic(provider)) for (const key of NOT_ANTHROPICS) at.skip(key, NOT_ANTHROPIC);
  if (isWorkersAi(provider)) for (const key of OPENAI_KEYS) at.skip(key, NOT_BOUND);
  const base = readBaseTarget(at, { name, provider, model: at.get(MODEL) ?? name });
  if (isAnthropic(provider)) return readAnthropicTarget(at, base, sources);
  if (isWorkersAi(provider)) return readWorkersAiTarget(at, base);
  return readOpenAiTarget(at, base, sources);
}

/** One of Workers AI, which has neither an address nor a key. */
function readWorkersAiTarget(at: Section, base: BaseTarget): WorkersAiTarget {
  const task = readTask(at, taskOf(base.model));
  if (task.task === undefined) {
    at.problem(
      KIND.name,
      "the binding of Workers AI is for embedding and rerank models; wanted kind: embedding or kind: rerank, or for conversations the OpenAI-compatible API of Workers AI by its base_url",
    );
  }
  return { kind: "workers-ai", ...base, ...task };
}

function addressKind(provider: string | undefined): AddressKind {
  if (isBedrock(provider)) return "endpoint";
  return isAnthropic(provider) ? "root" : "server";
}

function readProvider(at: Section): string | undefined {
  return at.get(PROVIDER)?.trim();
}

/** Names go into `model`, into the header `x-router-model` and before a client's prompt. */
function nameProblem(name: string): string | undefined {
  const lost = unexpanded(name);
  if (lost !== undefined) return `the name is not valid: ${lost}`;
  if (name === AUTO_NAME) return "the name auto is reserved: it lets the router choose; wanted another name";
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name)) return undefined;
  return "the name is not valid; wanted printable ASCII characters without spaces around, since it goes into the header x-router-model";
}
