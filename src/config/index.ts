/**
 * The way from a document to a configuration: nothing behind this sees a file, a default or an unchecked value. The build goes it
 * for the bundled file; an isolate loads this, a module of its own, only for what no build has checked.
 */
import type { Target } from "../target.ts";
import { readAws } from "./aws.ts";
import type { BedrockSources } from "./bedrock-target.ts";
import { readClientLimits } from "./client-limits.ts";
import type { Document } from "./document.ts";
import type { Expand } from "./expand.ts";
import { Report } from "./report.ts";
import { readRouter } from "./router.ts";
import type { PatternCheck } from "./rules.ts";
import { readProviderKeys } from "./secrets.ts";
import { Section } from "./section.ts";
import { readServe } from "./serve.ts";
import { readTargets } from "./targets.ts";
import type { Config } from "./types.ts";

export { readLimits } from "./client-limits.ts";
export { readJson } from "./document.ts";
export { expandWith } from "./expand.ts";
export { patternProblem } from "./pattern/look.ts";

/** What others know of a configuration's parts. Each of the optional ones gives a sentence; undefined where there is nothing to say. */
export interface Checks extends Pick<BedrockSources, "bedrockTask"> {
  /** What is wrong with a target beyond its keys, e.g. that nobody speaks its model. Asked where nothing else is wrong. */
  readonly target?: (target: Target) => string | undefined;
  /** What the owner of a target should know though it works; it becomes a warning. */
  readonly note?: (target: Target) => string | undefined;
  /** Why nobody will come with a client key of this name. */
  readonly client?: (name: string) => string | undefined;
  /** Why a pattern of `router.rules` may not be used. */
  readonly pattern?: PatternCheck;
}

export type Checked =
  | { readonly kind: "valid"; readonly config: Config }
  /** Every problem with its path, without any secret. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/**
 * Checks a configuration and fills in its defaults.
 *
 * @param expand Asked for the texts of keys, credentials, regions and addresses that have an effect.
 */
export function checkConfig({ root: read, problems }: Document, expand: Expand, checks: Checks): Checked {
  const report = new Report();
  report.problems.push(...problems);
  if (read === undefined) return { kind: "invalid", problems: report.problems };
  const root = new Section(read, report);
  const aws = readAws(root, expand);
  const { bedrockTask } = checks;
  const sources = { expand, bedrockTask, providerKeys: readProviderKeys(root, expand), aws };
  const serve = readServe(root, expand);
  const targets = readTargets(root, sources);
  const router = readRouter(root, targets, { ...sources, patternProblem: checks.pattern });
  const keys = readClientLimits(root, targets, checks.client ?? (() => undefined));
  root.finish();
  for (const target of [...targets, ...(router.judge ? [router.judge] : [])]) {
    const wrong = target.model === "" ? undefined : checks.target?.(target);
    if (wrong !== undefined) report.problems.push(wrong);
    const known = checks.note?.(target);
    if (known !== undefined) report.warnings.push(known);
  }
  if (report.problems.length > 0) return { kind: "invalid", problems: report.problems };
  const chatTargets = targets.filter(({ task }) => task === undefined);
  const issuer = aws.identity && { oidcIssuer: aws.identity.issuer };
  const { warnings } = report;
  return { kind: "valid", config: { serve, router, targets, chatTargets, keys, ...issuer, warnings } };
}
