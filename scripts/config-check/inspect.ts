/** What can be said of a configuration without calling anyone: what is wrong with it, or what it amounts to. */
import { checkConfig, expandWith, readJson } from "../../src/config/index.ts";
import type { Config } from "../../src/config/types.ts";
import { readYaml } from "../../src/config/yaml.ts";
import type { ReadBinding } from "../../src/env.ts";
import type { BedrockTarget, Target } from "../../src/target.ts";
import { familyFor, isOpen, surfaceOf } from "../../src/families/index.ts";
import { clientNote } from "../../src/http/client-keys.ts";
import { regionOf } from "../../src/providers/bedrock/endpoint.ts";
import { bedrockTask, targetNote, targetProblem } from "../../src/providers/index.ts";
import { type Need, needsOf } from "./needs.ts";
import { patternTrial } from "./patterns.ts";
import { type Entry, entryOf, modelEntry, readWritten, references } from "./written.ts";

/** A model as the router will call it. */
export interface Model {
  readonly name: string;
  readonly provider: string;
  /** Without the number of an AWS account. */
  readonly model: string;
  /** Of a model on Bedrock: its family, or `converse`, or what it does instead, or whose API it is called by. */
  readonly family?: string;
  /** Of a model on Bedrock: where it is called, in order. */
  readonly regions?: readonly string[];
  /** Of another, unless it comes from a binding; of one that has none: how it is called. */
  readonly base_url?: string;
}

export interface Summary {
  readonly strategy: string;
  readonly models: readonly (Model & { readonly weight: number })[];
  /** What strategy `llm` asks. */
  readonly router_model?: Model;
  readonly fallback_models: readonly string[];
  readonly needs: readonly Need[];
  /** Bindings of `needs` that are unset here, of each alternative. */
  readonly unset: readonly string[];
}

export interface Inspection {
  /** The lines of the error that the Worker would give. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Of a valid configuration. */
  readonly summary?: Summary;
  /** The same with all that came from bindings: not to be shown. */
  readonly config?: Config;
}

/**
 * Loads a configuration as the Worker does.
 * @param text YAML.
 * @param binding What `${NAME}` and the fixed names of bindings stand for. No value of it is in the result.
 */
export function inspect(text: string, binding: ReadBinding): Inspection {
  const trial = patternTrial();
  const checks = {
    ...{ bedrockTask, target: targetProblem, note: targetNote },
    ...{ client: clientNote(binding), pattern: trial.problem },
  };
  const checked = checkConfig(readJson(text) ?? readYaml(text), expandWith(binding), checks);
  if (checked.kind === "invalid") return { problems: checked.problems, warnings: [] };
  const { config } = checked;
  const warnings = [...config.warnings, ...trial.warnings];
  return { problems: [], warnings, config, summary: summaryOf(config, readWritten(text), binding) };
}

function summaryOf(config: Config, written: Entry, binding: ReadBinding): Summary {
  const { router, targets } = config;
  const needs = needsOf(config, written, binding);
  const names = needs.flatMap(({ any_of }) => any_of.flat());
  return {
    strategy: router.strategy,
    models: targets.map((target) => ({
      ...modelOf(target, modelEntry(written, target.name), binding),
      weight: router.weights[target.name] ?? 1,
    })),
    ...(router.judge && { router_model: modelOf(router.judge, entryOf(written.router), binding) }),
    fallback_models: router.fallbackModels,
    needs,
    unset: [...new Set(names)].filter((name) => binding(name) === undefined),
  };
}

function modelOf(target: Target, entry: Entry, binding: ReadBinding): Model {
  const { name, provider } = target;
  const model = target.model.replace(/(?<!\d)\d{12}(?!\d)/g, "[account]");
  if (target.kind === "bedrock") {
    const regions = target.regions.length > 0 ? target.regions : [defaultRegion(target, binding)];
    return { name, provider, model, family: familyOf(target), regions };
  }
  if (target.kind === "workers-ai") return { name, provider, model, base_url: "its binding AI" };
  // What came from a binding may be secret.
  const isShown = references(entry.base_url).length === 0;
  return { name, provider, model, ...(isShown && { base_url: target.baseUrl }) };
}

/** Models that make vectors or an order have none, nor have those that are called by another's API. */
function familyOf(target: BedrockTarget): string {
  if (target.task !== undefined) return target.task;
  const served = surfaceOf(target);
  return isOpen(served) ? served.surface : familyFor(target).name;
}

function defaultRegion(target: Extract<Target, { kind: "bedrock" }>, binding: ReadBinding): string {
  try {
    return regionOf(target, binding);
  } catch {
    return "no region: AWS_REGION or AWS_DEFAULT_REGION is not one";
  }
}
