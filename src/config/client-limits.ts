/** The section `keys`: what the clients' keys may use, and for how much. */
import { type ClientLimits, isCounted, type KeyLimits } from "../chat/key-limits.ts";
import type { Target } from "../target.ts";
import { globMatches } from "../lib/glob.ts";
import { nearest } from "../lib/nearest.ts";
import { alias, count, flag, moment, money, tag } from "./fields.ts";
import { key, listKey } from "./keys.ts";
import { EACH, ROUTER } from "./limits-body.ts";
import { Report, show } from "./report.ts";
import { Section } from "./section.ts";
import { namedTarget } from "./targets.ts";

export const LIMITS = {
  models: listKey("models", alias),
  moneyDay: key("money_day", money),
  moneyMonth: key("money_month", money),
  requestsMinute: key("requests_minute", count(0)),
  tokensMinute: key("tokens_minute", count(0)),
  expires: key("expires", moment),
  tags: listKey("tags", tag),
  disabled: key("disabled", flag),
};

/** What a key can be called, see ROUTER_API_KEYS. */
const NAME = /^[A-Za-z0-9._-]+$/;

/**
 * @param targets Names in `models` that none of them has become warnings.
 * @param note Of a key's name: why nobody will come with it; undefined where somebody may.
 */
export function readClientLimits(
  root: Section,
  targets: readonly Target[],
  note: (name: string) => string | undefined,
): ClientLimits {
  const section = root.section("keys");
  const named = new Map<string, KeyLimits>();
  for (const name of section.keys()) {
    const at = section.entry(name);
    const limits = at.all(LIMITS);
    checkModels(at, limits, targets);
    const general = name === EACH || name === ROUTER;
    if (!general && !NAME.test(name)) {
      section.problem(
        name,
        `the name is not valid; wanted the name of a key in ROUTER_API_KEYS, "${EACH}" for every key without an entry, or "${ROUTER}" for all keys together`,
      );
    }
    const unused = general ? undefined : note(name);
    if (unused !== undefined) section.warn(name, unused);
    named.set(name, limits);
  }
  const each = named.get(EACH);
  const router = named.get(ROUTER);
  named.delete(EACH);
  named.delete(ROUTER);
  return { named, ...(each && { each }), ...(router && { router }) };
}

function checkModels(at: Section, limits: KeyLimits, targets: readonly Target[]): void {
  const { models } = limits;
  const patterns = models?.filter((name) => name.includes("*")) ?? [];
  const names = new Set(models);
  const isAllowed = ({ name }: Target) =>
    models === undefined || names.has(name) || patterns.some((pattern) => globMatches(pattern, name));
  const allowed = targets.filter(isAllowed);
  for (const pattern of models ?? []) {
    if (namedTarget(pattern, targets) || targets.some(({ name }) => globMatches(pattern, name))) continue;
    const proposal = nearest(
      pattern,
      targets.map(({ name }) => name),
    );
    const hint = proposal === undefined ? "" : `; the nearest is ${JSON.stringify(proposal)}`;
    at.warn(LIMITS.models.name, `names ${show(pattern)}, which stands for no model under llms${hint}`);
  }
  const unread = allowed.find((target) => "usage" in target && target.usage === "unread");
  if (unread === undefined || !isCounted(limits)) return;
  at.problem(
    undefined,
    `has limits and may use ${show(unread.name)}, whose answers nobody reads (usage: unread); wanted llms.${unread.name}.usage: read, or that model left out of ${at.pathOf(LIMITS.models.name)}`,
  );
}

/** Limits as a client of the admin API wrote them: the same fields as in the file. */
export function readLimits(
  body: Readonly<Record<string, unknown>>,
):
  | { readonly kind: "limits"; readonly limits: KeyLimits }
  | { kind: "problem"; param: string; text: string } {
  const report = new Report();
  const section = new Section(new Map(Object.entries(body)), report);
  const limits = section.all(LIMITS);
  section.finish();
  const [problem] = report.problems;
  if (problem === undefined) return { kind: "limits", limits };
  const at = problem.indexOf(": ");
  return { kind: "problem", param: problem.slice(0, at).replace(/\[.*$/s, ""), text: problem.slice(at + 2) };
}
