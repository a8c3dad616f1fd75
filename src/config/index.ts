/** The way from a document to a configuration: nothing behind this sees a file, a default or an unchecked value. */
import type { ReadBinding } from "../env.ts";
import type { Target } from "../target.ts";
import type { Document } from "./document.ts";
import { readAws } from "./aws.ts";
import { readClientLimits } from "./client-limits.ts";
import { Report } from "./report.ts";
import { readRouter } from "./router.ts";
import type { PatternCheck } from "./rules.ts";
import { readProviderKeys } from "./secrets.ts";
import { Section } from "./section.ts";
import { readServe } from "./serve.ts";
import { readTargets } from "./targets.ts";
import type { Config } from "./types.ts";

/** What others know of a configuration's parts. Each gives a sentence; undefined where there is nothing to say. */
export interface Checks {
  /** What is wrong with a target beyond its keys, e.g. that nobody speaks its model. Asked where nothing else is wrong. */
  readonly target?: (target: Target) => string | undefined;
  /** What the owner of a target should know though it works; it becomes a warning. */
  readonly note?: (target: Target) => string | undefined;
  /** Why nobody will come with a client key of this name. */
  readonly client?: (name: string) => string | undefined;
  /** Why a pattern of `router.rules` may not be used. */
  readonly pattern?: PatternCheck;
}

/**
 * Checks a configuration and fills in its defaults.
 *
 * @param binding Read for each `${NAME}` in a key, credential, region or `base_url` field that has an effect.
 * @throws RouterError `config_invalid` listing every problem with its path, without any secret.
 */
export function configFrom(
  { root: read, problems }: Document,
  binding: ReadBinding,
  checks: Checks = {},
): Config {
  const report = new Report();
  report.problems.push(...problems);
  if (read === undefined) throw report.error();
  const root = new Section(read, report);
  const aws = readAws(root, binding);
  const references = { binding, providerKeys: readProviderKeys(root, binding), aws };
  const serve = readServe(root, binding);
  const targets = readTargets(root, references);
  const router = readRouter(root, targets, { ...references, patternProblem: checks.pattern });
  const keys = readClientLimits(root, targets, checks.client ?? (() => undefined));
  root.finish();
  for (const target of [...targets, ...(router.judge ? [router.judge] : [])]) {
    const wrong = target.model === "" ? undefined : checks.target?.(target);
    if (wrong !== undefined) report.problems.push(wrong);
    const known = checks.note?.(target);
    if (known !== undefined) report.warnings.push(known);
  }
  if (report.problems.length > 0) throw report.error();
  const chatTargets = targets.filter(({ task }) => task === undefined);
  const issuer = aws.identity && { oidcIssuer: aws.identity.issuer };
  return { serve, router, targets, chatTargets, keys, ...issuer, warnings: report.warnings };
}
