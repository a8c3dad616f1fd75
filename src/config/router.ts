/** The section `router`: how a model is chosen, and how long it may take. */
import type { Target } from "../contracts.ts";
import { count, duration, type Field, MAX_TIMER_MS, oneOf, text, weight } from "./fields.ts";
import type { Sources } from "./openai-target.ts";
import { readRules } from "./rules.ts";
import type { Section } from "./section.ts";
import { readJudge, unknownModel } from "./targets.ts";
import type { RetryConfig, RouterConfig, StrategyName } from "./types.ts";

const DEFAULT_IDLE_TIMEOUT_MS = 300_000;
const DEFAULT_DEADLINE_MS = 600_000;
const DEFAULT_RETRY: RetryConfig = { attempts: 1, baseMs: 250, maxMs: 4000 };
/** The round-robin counter reserves this many tickets per write, so no isolate may take more. */
const MAX_LEASE = 1000;
const MAX_ATTEMPTS = 100;

const strategies = oneOf("random", "round_robin", "rules", "llm");
const strategy: Field<StrategyName> = {
  ...strategies,
  hint: (value) =>
    value === "llmrouter"
      ? "LLMRouter's trained routers do not run on the edge; use llm, which asks a model"
      : strategies.hint?.(value),
};
const sticky = oneOf("none", "turn");
const timer = duration(MAX_TIMER_MS);
const attempts = count(0, MAX_ATTEMPTS);
const retry: Field<number> = { ...attempts, wanted: `${attempts.wanted}, or {attempts, base_ms, max_ms}` };
const milliseconds = count(0, MAX_TIMER_MS);

/** Reads `router`, with defaults for what it does not set. Every name in it must be one of the targets. */
export function readRouter(root: Section, targets: readonly Target[], sources: Sources): RouterConfig {
  const at = root.section("router");
  const judge = readJudge(at, targets, sources);
  const timeoutMs = at.read("timeout", timer);
  const weights = readWeights(at, targets);
  const name = at.read("strategy", strategy) ?? "random";
  if (name === "llm" && judge === undefined && at.isMissing("model")) {
    at.problem(
      "model",
      "missing; wanted the model that strategy llm asks: the name of a model under llms, or the id of one of its own beside router.provider or router.base_url",
    );
  }
  return {
    strategy: name,
    weights,
    rules: readRules(at, targets, weights),
    ...(judge !== undefined && { judge }),
    fallbackModels: readFallbackModels(at, targets),
    retry: readRetry(at),
    ...(timeoutMs !== undefined && { timeoutMs }),
    idleTimeoutMs: at.read("idle_timeout", timer) ?? DEFAULT_IDLE_TIMEOUT_MS,
    deadlineMs: at.read("deadline", timer) ?? DEFAULT_DEADLINE_MS,
    sticky: at.read("sticky", sticky) ?? "none",
    roundRobin: { lease: at.section("round_robin").read("lease", count(1, MAX_LEASE)) ?? 1 },
  };
}

function readWeights(at: Section, targets: readonly Target[]): Record<string, number> {
  const section = at.section("weights");
  const weights: Record<string, number> = Object.create(null);
  for (const target of targets) weights[target.name] = 1;
  for (const name of section.keys()) {
    const share = section.read(name, weight);
    const wrong = unknownModel(name, targets);
    if (wrong !== undefined) section.problem(name, wrong);
    else if (share !== undefined) weights[name] = share;
  }
  if (targets.length > 0 && targets.every((target) => weights[target.name] === 0)) {
    at.problem("weights", "every model has the weight 0, so none could be chosen; wanted one above 0");
  }
  return weights;
}

function readFallbackModels(at: Section, targets: readonly Target[]): string[] {
  const names = at.list("fallback_models", text) ?? [];
  for (const name of names) {
    const wrong = unknownModel(name, targets);
    if (wrong !== undefined) at.problem("fallback_models", wrong);
  }
  return names;
}

function readRetry(at: Section): RetryConfig {
  if (!at.isMapping("retry")) return { ...DEFAULT_RETRY, attempts: at.read("retry", retry) ?? 1 };
  const section = at.section("retry");
  const baseMs = section.read("base_ms", milliseconds) ?? DEFAULT_RETRY.baseMs;
  const maxMs = section.read("max_ms", milliseconds) ?? DEFAULT_RETRY.maxMs;
  if (baseMs > maxMs)
    section.problem("base_ms", `${baseMs} is more than max_ms (${maxMs}); wanted at most that`);
  return { attempts: section.read("attempts", attempts) ?? DEFAULT_RETRY.attempts, baseMs, maxMs };
}
