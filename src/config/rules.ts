/** `router.rules`: which model a request's words and form lead to. */
import type { Target } from "../contracts.ts";
import { repeatsRepetition } from "./backtracking.ts";
import { count, type Field, flag, regex, text, textOrNumber } from "./fields.ts";
import type { Section } from "./section.ts";
import { unknownModel } from "./targets.ts";
import type { ConditionRule, Rule } from "./types.ts";

const chars = count(0);
const keyword: Field<string> = { ...text, wanted: "a text (put it in quotes if it is a number)" };
const CONDITIONS = "keywords, regex, min_chars, max_chars, has_tools, has_images or metadata";

type Conditions = Omit<ConditionRule, "kind" | "model">;

/**
 * Reads the rules in order; those with a problem are left out.
 * @param weights `router.weights`.
 */
export function readRules(
  router: Section,
  targets: readonly Target[],
  weights: Readonly<Record<string, number>>,
): Rule[] {
  const rules: Rule[] = [];
  for (const at of router.items("rules")) {
    const rule = readRule(at, targets);
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

function readRule(at: Section, targets: readonly Target[]): Rule | undefined {
  const conditions = readConditions(at);
  const model = readModel(at, "model", targets);
  const fallback = readModel(at, "default", targets);
  const others = at.keys().filter((key) => key !== "model" && key !== "default" && at.has(key));
  if (!at.isMissing("default")) {
    if (others.length > 0 || at.has("model")) {
      at.problem(undefined, "default stands beside other keys; wanted a rule of its own, {default: name}");
    }
    return fallback === undefined ? undefined : { kind: "default", model: fallback };
  }
  if (at.isMissing("model")) at.problem("model", "missing; wanted the name of a model, or {default: name}");
  if (others.length === 0) {
    at.problem(undefined, `the rule has no condition; wanted ${CONDITIONS}, or {default: name}`);
  }
  return model === undefined ? undefined : { kind: "conditions", model, ...conditions };
}

function readModel(at: Section, key: string, targets: readonly Target[]): string | undefined {
  const name = at.text(key, text);
  const wrong = name === undefined ? undefined : unknownModel(name, targets);
  if (wrong !== undefined) at.problem(key, wrong);
  return name;
}

function readConditions(at: Section): Conditions {
  const keywords = at.list("keywords", keyword);
  const pattern = at.read("regex", regex);
  const minChars = at.read("min_chars", chars);
  const maxChars = at.read("max_chars", chars);
  const hasTools = at.read("has_tools", flag);
  const hasImages = at.read("has_images", flag);
  const metadata = readMetadata(at);
  if (keywords?.some((word) => word.trim() === "")) {
    at.problem("keywords", "an empty keyword is in every text; wanted texts with something in them");
  }
  if (pattern !== undefined && repeatsRepetition(pattern.source)) {
    at.warn(
      "regex",
      "repeats a group that repeats itself: a text that almost matches may keep the Worker busy until it is stopped",
    );
  }
  if (minChars !== undefined && maxChars !== undefined && minChars > maxChars) {
    at.problem("min_chars", `${minChars} is more than max_chars (${maxChars}); wanted at most that`);
  }
  return {
    ...(keywords !== undefined && { keywords }),
    ...(pattern !== undefined && { regex: pattern }),
    ...(minChars !== undefined && { minChars }),
    ...(maxChars !== undefined && { maxChars }),
    ...(hasTools !== undefined && { hasTools }),
    ...(hasImages !== undefined && { hasImages }),
    ...(metadata !== undefined && { metadata }),
  };
}

function readMetadata(at: Section): Record<string, string> | undefined {
  const section = at.section("metadata");
  if (!at.isMapping("metadata")) return undefined;
  const metadata: Record<string, string> = Object.create(null);
  for (const key of section.keys()) {
    const value = section.read(key, textOrNumber);
    if (value !== undefined) metadata[key] = value;
  }
  return metadata;
}
