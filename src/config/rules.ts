/** `router.rules`: which model a request's words and form lead to. */
import type { Target } from "../target.ts";
import { count, flag, modelName, regex, text, textOrNumber } from "./fields.ts";
import { type Key, key, listKey, namesOf } from "./keys.ts";
import type { Section } from "./section.ts";
import { unknownModel } from "./targets.ts";
import type { ConditionRule, Rule } from "./types.ts";

const chars = count(0);

/** What a rule may ask of a request, beside `metadata`. */
export const CONDITIONS = {
  keywords: listKey("keywords", {
    ...text,
    wanted: "a text (put it in quotes if it is a number)",
    reference: "plain",
  }),
  regex: key("regex", regex),
  minChars: key("min_chars", chars),
  maxChars: key("max_chars", chars),
  hasTools: key("has_tools", flag),
  hasImages: key("has_images", flag),
};
/** What a rule chooses. */
export const CHOSEN = key("model", modelName);
/** What is chosen when no other rule matches. */
export const DEFAULT = key("default", modelName);
/** An entry of the mapping `metadata`. */
export const METADATA = textOrNumber;

/** Why a pattern may not be used; undefined when it may. @param source Without slashes; it has the flag `i`. */
export type PatternCheck = (source: string) => string | undefined;

type Conditions = Omit<ConditionRule, "kind" | "model">;

/**
 * Reads the rules in order; those with a problem are left out.
 * @param weights `router.weights`.
 */
export function readRules(
  router: Section,
  targets: readonly Target[],
  weights: Readonly<Record<string, number>>,
  patternProblem?: PatternCheck,
): Rule[] {
  const rules: Rule[] = [];
  for (const at of router.items("rules")) {
    const rule = readRule(at, targets, patternProblem);
    if (rule === undefined) continue;
    rules.push(rule);
    if (weights[rule.model] === 0) {
      at.warn(
        rule.kind === "default" ? "default" : "model",
        "names a model with the weight 0 in router.weights, so the rule is passed over",
      );
    }
  }
  return rules;
}

function readRule(
  at: Section,
  targets: readonly Target[],
  patternProblem: PatternCheck | undefined,
): Rule | undefined {
  const conditions = readConditions(at, patternProblem);
  const model = readModel(at, CHOSEN, targets);
  const fallback = readModel(at, DEFAULT, targets);
  const others = at.keys().filter((name) => name !== CHOSEN.name && name !== DEFAULT.name && at.has(name));
  if (!at.isMissing(DEFAULT.name)) {
    if (others.length > 0 || at.has(CHOSEN.name)) {
      at.problem(undefined, "default stands beside other keys; wanted a rule of its own, {default: name}");
    }
    return fallback === undefined ? undefined : { kind: "default", model: fallback };
  }
  if (at.isMissing(CHOSEN.name)) {
    at.problem(CHOSEN.name, "missing; wanted the name of a model, or {default: name}");
  }
  if (others.length === 0) {
    const wanted = `${namesOf(CONDITIONS).join(", ")} or metadata, or {default: name}`;
    at.problem(undefined, `the rule has no condition; wanted ${wanted}`);
  }
  return model === undefined ? undefined : { kind: "conditions", model, ...conditions };
}

function readModel(at: Section, where: Key<string>, targets: readonly Target[]): string | undefined {
  const name = at.get(where);
  const wrong = name === undefined ? undefined : unknownModel(name, targets);
  if (wrong !== undefined) at.problem(where.name, wrong);
  return name;
}

function readConditions(at: Section, patternProblem: PatternCheck | undefined): Conditions {
  const conditions = at.all(CONDITIONS);
  const { keywords, regex: pattern, minChars, maxChars } = conditions;
  if (keywords?.some((word) => word.trim() === "")) {
    at.problem("keywords", "an empty keyword is in every text; wanted texts with something in them");
  }
  const slow = pattern && patternProblem?.(pattern.source);
  if (slow !== undefined) at.problem(CONDITIONS.regex.name, slow);
  if (minChars !== undefined && maxChars !== undefined && minChars > maxChars) {
    at.problem("min_chars", `${minChars} is more than max_chars (${maxChars}); wanted at most that`);
  }
  const metadata = readMetadata(at);
  return { ...conditions, ...(metadata !== undefined && { metadata }) };
}

function readMetadata(at: Section): Record<string, string> | undefined {
  const section = at.section("metadata");
  if (!at.isMapping("metadata")) return undefined;
  const metadata: Record<string, string> = Object.create(null);
  for (const name of section.keys()) {
    const value = section.read(name, METADATA);
    if (value !== undefined) metadata[name] = value;
  }
  return metadata;
}
