/** The way from a document to a configuration: nothing behind this sees a file, a default or an unchecked value. */
import type { ReadBinding, Target } from "../contracts.ts";
import type { Document } from "./document.ts";
import { Report } from "./report.ts";
import { readRouter } from "./router.ts";
import { readProviderKeys } from "./secrets.ts";
import { Section } from "./section.ts";
import { readServe } from "./serve.ts";
import { readTargets } from "./targets.ts";
import type { Config } from "./types.ts";

/** What is wrong with a target beyond its keys, e.g. that nobody speaks its model; undefined when nothing is. */
export type TargetCheck = (target: Target) => string | undefined;

/**
 * Checks a configuration and fills in its defaults.
 *
 * @param check Asked for each target that has no other problem.
 * @param note Asked for each target for what its owner should know though it works; it becomes a warning.
 * @param binding Read for each `${NAME}` in a key, credential, region or `base_url` field that has an effect.
 * @throws RouterError `config_invalid` listing every problem with its path, without any secret.
 */
export function configFrom(
  { root: read, problems }: Document,
  binding: ReadBinding,
  check: TargetCheck = () => undefined,
  note: TargetCheck = () => undefined,
): Config {
  const report = new Report();
  report.problems.push(...problems);
  if (read === undefined) throw report.error();
  const root = new Section(read, report);
  const references = { binding, providerKeys: readProviderKeys(root, binding) };
  const serve = readServe(root);
  const targets = readTargets(root, references);
  const router = readRouter(root, targets, references);
  root.finish();
  for (const target of [...targets, ...(router.judge ? [router.judge] : [])]) {
    const wrong = target.model === "" ? undefined : check(target);
    if (wrong !== undefined) report.problems.push(wrong);
    const known = note(target);
    if (known !== undefined) report.warnings.push(known);
  }
  if (report.problems.length > 0) throw report.error();
  const chatTargets = targets.filter(({ task }) => task === undefined);
  return { serve, router, targets, chatTargets, warnings: report.warnings };
}
