/** The section `router`: how a model is chosen, and how long it may take. */
import type { Target } from "../target.ts";
import { warnOfNoEffect } from "./effect.ts";
import {
  count,
  duration,
  type Field,
  MAX_TIMER_MS,
  modelName,
  oneOf,
  share,
  silence,
  weight,
} from "./fields.ts";
import { key, listKey, MODEL, namesOf } from "./keys.ts";
import { readMeaning } from "./meaning.ts";
import type { Sources } from "./openai-target.ts";
import { type PatternCheck, readRules } from "./rules.ts";
import type { Section } from "./section.ts";
import { namedTarget, readJudge, unknownModel } from "./targets.ts";
import { type RetryConfig, type RouterConfig, STRATEGY_NAMES, type StrategyName } from "./types.ts";

/** The round-robin counter reserves this many tickets per write, so no isolate may take more. */
const MAX_LEASE = 1000;

const strategies = oneOf(...STRATEGY_NAMES);
const strategy: Field<StrategyName> = {
  ...strategies,
  hint: (value) =>
    value === "llmrouter"
      ? "LLMRouter's trained routers do not run on the edge; use knn, which takes their data, or llm, which asks a model"
      : strategies.hint?.(value),
};
const timer = duration(MAX_TIMER_MS);
const attempts = count(0, 100);
const milliseconds = count(0, MAX_TIMER_MS);

export const ROUTER = {
  strategy: key("strategy", strategy, "random"),
  fallbackModels: listKey("fallback_models", modelName, []),
  timeoutMs: key("timeout", timer),
  idleTimeoutMs: key("idle_timeout", timer, 300_000),
  deadlineMs: key("deadline", timer, 600_000),
  sticky: key("sticky", oneOf("none", "turn", "session"), "none"),
};

/** The mapping `retry`, in whose place the number of attempts may stand. */
export const RETRY = {
  attempts: key("attempts", attempts, 1),
  baseMs: key("base_ms", milliseconds, 250),
  maxMs: key("max_ms", milliseconds, 4000),
};
const retry: Field<number> = { ...attempts, wanted: `${attempts.wanted}, or {${namesOf(RETRY).join(", ")}}` };

/** What is measured is of prompts up to this. */
const USUAL_INPUT_TOKENS = 8_000;
/** The mapping `hedge`. */
export const HEDGE = {
  after: key("after", silence(3_600_000), "p95"),
  share: key("share", share, 0.05),
  maxInputTokens: key("max_input_tokens", count(1), USUAL_INPUT_TOKENS),
};
export const ROUND_ROBIN = { lease: key("lease", count(1, MAX_LEASE), 1) };

/** Reads `router`, with defaults for what it does not set. Every name in it must be one of the targets. */
export function readRouter(
  root: Section,
  targets: readonly Target[],
  sources: Sources & { readonly patternProblem: PatternCheck | undefined },
): RouterConfig {
  const at = root.section("router");
  const judge = readJudge(at, targets, sources);
  const weights = readWeights(at, targets);
  const values = at.all(ROUTER);
  if (values.strategy === "llm" && judge === undefined && at.isMissing(MODEL.name)) {
    at.problem(
      MODEL.name,
      "missing; wanted the model that strategy llm asks: the name of a model under llms, or the id of one of its own beside router.provider or router.base_url",
    );
  }
  for (const name of values.fallbackModels) {
    const wrong = unknownModel(name, targets);
    if (wrong !== undefined) at.problem(ROUTER.fallbackModels.name, wrong);
  }
  const hedge = at.section("hedge").all(HEDGE);
  const router: RouterConfig = {
    ...values,
    ...readMeaning(at, targets, values.strategy),
    weights,
    rules: readRules(at, targets, weights, sources.patternProblem),
    ...(judge !== undefined && { judge }),
    retry: readRetry(at),
    ...(at.has("hedge") && { hedge }),
    roundRobin: at.section("round_robin").all(ROUND_ROBIN),
  };
  warnOfNoEffect(at, router, targets);
  return router;
}

function readWeights(at: Section, targets: readonly Target[]): Record<string, number> {
  const section = at.section("weights");
  const weights: Record<string, number> = Object.create(null);
  for (const target of targets) weights[target.name] = 1;
  for (const name of section.keys()) {
    const share = section.read(name, weight);
    const wrong = unknownModel(name, targets);
    const { task } = namedTarget(name, targets) ?? {};
    if (task !== undefined) {
      if (share !== 0)
        section.warn(name, `has no effect here: a model of kind ${task} is never chosen, only named`);
    } else if (wrong !== undefined) section.problem(name, wrong);
    else if (share !== undefined) weights[name] = share;
  }
  const chosen = targets.filter(({ task }) => task === undefined);
  if (chosen.length > 0 && chosen.every((target) => weights[target.name] === 0)) {
    at.problem("weights", "every model has the weight 0, so none could be chosen; wanted one above 0");
  }
  return weights;
}

function readRetry(at: Section): RetryConfig {
  if (!at.isMapping("retry")) return retryOf(at.read("retry", retry));
  const section = at.section("retry");
  const values = section.all(RETRY);
  const { baseMs, maxMs } = values;
  if (baseMs > maxMs)
    section.problem(RETRY.baseMs.name, `${baseMs} is more than max_ms (${maxMs}); wanted at most that`);
  return values;
}

/** For a number alone. */
function retryOf(attempts = RETRY.attempts.otherwise): RetryConfig {
  return { attempts, baseMs: RETRY.baseMs.otherwise, maxMs: RETRY.maxMs.otherwise };
}
