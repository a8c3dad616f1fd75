/** config/router.yaml as the build bundles it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readJson } from "../../src/config/document.ts";
import { readYaml } from "../../src/config/yaml.ts";
import { bedrockTask, targetNote, targetProblem } from "../../src/providers/index.ts";
import { sourceOf, vectorsFile, vectorsProblem } from "../embed/source.ts";
import { inspectFile } from "./pack.ts";
import { patternTrial } from "./patterns.ts";
import { show } from "./show.ts";

export const FILE = "config/router.yaml";

export interface BundledConfig {
  /** The file, checked and packed for the Worker; undefined when it is not valid. */
  readonly packed: string | undefined;
  /** What is wrong, as `npm run config:check` says it, or the warnings; empty when there is nothing to say. */
  readonly text: string;
  /** What `npm run embed` has made for it; undefined where it has made nothing. */
  readonly vectors: Uint8Array | undefined;
}

/** @param root The project's folder. */
export async function bundledConfig(root: string): Promise<BundledConfig> {
  const path = join(root, FILE);
  const text = readFileSync(path, "utf8");
  const document = readJson(text) ?? readYaml(text);
  const checks = {
    ...{ bedrockTask, target: targetProblem, note: targetNote },
    pattern: patternTrial().problem,
  };
  const { valid, ...told } = inspectFile(document, checks);
  const vectors = existsSync(vectorsFile(path)) ? readFileSync(vectorsFile(path)) : undefined;
  const needed = valid && (await sourceOf(valid.config, path));
  const problem = needed?.source && vectorsProblem(vectors, needed.source);
  const problems = [
    ...told.problems,
    ...(needed?.problems ?? []),
    ...(problem === undefined ? [] : [problem]),
  ];
  const warnings = [...told.warnings, ...(needed?.warnings ?? [])];
  const found = problems.length + warnings.length;
  return {
    vectors,
    packed: problems.length > 0 || !valid ? undefined : JSON.stringify(valid.packed),
    text: found === 0 ? "" : show(FILE, { problems, warnings }, () => undefined),
  };
}
