import type { ConditionRule } from "../../config/types.ts";
import type { Choice, RoutingContext, Strategy } from "./strategy.ts";
import type { Target } from "../../target.ts";
import type { ChatRequest, ContentPart } from "../../chat/request.ts";
import { included } from "../weights.ts";

/** The first of `router.rules` that matches chooses, else the default rule, else the first model. */
export const rules: Strategy = {
  name: "rules",
  description:
    "Picks by the first of router.rules that matches the request: keywords, regex, length, tools, images, metadata.",
  order: byRules,
};

/** What held, in words; false when it did not; undefined when the rule does not have the condition. */
type Condition = (rule: ConditionRule, context: RoutingContext) => string | false | undefined;

const CONDITIONS: readonly Condition[] = [
  ({ keywords }, { query }) => {
    if (!keywords) return undefined;
    const text = query.toLowerCase();
    const found = keywords.find((keyword) => text.includes(keyword.toLowerCase()));
    return found !== undefined && `the keyword ${JSON.stringify(found)}`;
  },
  // The query is short, which bounds what a pattern that backtracks can cost.
  ({ regex }, { query }) => regex?.test(query) && `the pattern ${regex}`,
  ({ minChars }, { queryChars }) =>
    minChars === undefined ? undefined : queryChars >= minChars && `at least ${minChars} characters`,
  ({ maxChars }, { queryChars }) =>
    maxChars === undefined ? undefined : queryChars <= maxChars && `at most ${maxChars} characters`,
  ({ hasTools }, { request }) =>
    hasTools === undefined
      ? undefined
      : hasTools === offersTools(request) && withOrWithout("tools", hasTools),
  ({ hasImages }, { request }) =>
    hasImages === undefined
      ? undefined
      : hasImages === showsImages(request) && withOrWithout("images", hasImages),
  ({ metadata }, { request }) =>
    metadata && hasMetadata(request, metadata) && `the metadata ${JSON.stringify(metadata)}`,
];

function byRules(targets: readonly Target[], context: RoutingContext): Choice {
  const candidates = included(targets, context.router.weights);
  const { model, reason } = firstMatch(candidates, context);
  const chosen = candidates.filter((target) => target.name === model);
  return { targets: [...chosen, ...candidates.filter((target) => target.name !== model)], reason };
}

/** A rule for a model that is not among the candidates is passed over. */
function firstMatch(
  candidates: readonly Target[],
  context: RoutingContext,
): { readonly model: string | undefined; readonly reason: string } {
  const { rules } = context.router;
  const isCandidate = ({ model }: { readonly model: string }) =>
    candidates.some((target) => target.name === model);
  for (const [index, rule] of rules.entries()) {
    if (rule.kind !== "conditions" || !isCandidate(rule)) continue;
    const held = whatHeld(rule, context);
    if (held !== undefined) return { model: rule.model, reason: `router.rules[${index}] matched: ${held}.` };
  }
  const fallback = rules.find((rule) => rule.kind === "default" && isCandidate(rule));
  if (fallback) return { model: fallback.model, reason: "No rule matched; this is the default." };
  return {
    model: candidates[0]?.name,
    reason: "No rule matched and there is no default; this is the first model.",
  };
}

/** Undefined unless all the conditions of the rule hold. */
function whatHeld(rule: ConditionRule, context: RoutingContext): string | undefined {
  const held: string[] = [];
  for (const condition of CONDITIONS) {
    const result = condition(rule, context);
    if (result === false) return undefined;
    if (result !== undefined) held.push(result);
  }
  return held.join(", ");
}

function withOrWithout(things: string, has: boolean): string {
  return `${has ? "with" : "without"} ${things}`;
}

function offersTools({ tools, otherTools }: ChatRequest): boolean {
  return tools.length > 0 || otherTools.length > 0;
}

/** Anywhere in the conversation: the model gets all of it. */
function showsImages({ messages }: ChatRequest): boolean {
  return messages.some(({ content }) => content.some(isImage));
}

function isImage(part: ContentPart): boolean {
  return part.type === "image_url" || (part.type === "other" && part.kind.includes("image"));
}

function hasMetadata({ metadata = {} }: ChatRequest, wanted: Readonly<Record<string, string>>): boolean {
  const entries = new Map<string, unknown>(Object.entries(metadata));
  return Object.entries(wanted).every(
    ([key, value]) => entries.has(key) && String(entries.get(key)) === value,
  );
}
