/** config/router.yaml as the build bundles it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, readJson } from "../../src/config/document.ts";
import { configFrom } from "../../src/config/index.ts";
import { readYaml } from "../../src/config/yaml.ts";
import type { PatternCheck } from "../../src/config/rules.ts";
import type { Config } from "../../src/config/types.ts";
import { asRouterError } from "../../src/errors.ts";
import { targetNote, targetProblem } from "../../src/providers/index.ts";
import { sourceOf, vectorsFile, vectorsProblem } from "../embed/source.ts";
import { patternTrial } from "./patterns.ts";
import { show } from "./show.ts";

export const FILE = "config/router.yaml";

/**
 * Nobody knows here what the deployed Worker's bindings hold. Each of these fits some of the fields that name one: only what
 * is wrong with every one of them is wrong with the file.
 */
const STAND_INS = ["us-east-1", "https://binding.example"];

export interface BundledConfig {
  /** The file's mapping; undefined when it is not valid. */
  readonly json: string | undefined;
  /** What is wrong, as `npm run config:check` says it, or the warnings; empty when there is nothing to say. */
  readonly text: string;
  /** What `npm run embed` has made for it; undefined where it has made nothing. */
  readonly vectors: Uint8Array | undefined;
}

interface Found {
  /** Of a valid file. */
  readonly config?: Config;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** @param root The project's folder. */
export async function bundledConfig(root: string): Promise<BundledConfig> {
  const path = join(root, FILE);
  const text = readFileSync(path, "utf8");
  const document = readJson(text) ?? readYaml(text);
  const { config, ...told } = inspect(document);
  const vectors = existsSync(vectorsFile(path)) ? readFileSync(vectorsFile(path)) : undefined;
  const needed = config && (await sourceOf(config, path));
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
    json: problems.length > 0 ? undefined : JSON.stringify(document.root, asObject),
    text: found === 0 ? "" : show(FILE, { problems, warnings }, () => undefined),
  };
}

/** What `${NAME}` makes right or wrong is left to the Worker. */
function inspect(document: Document): Found {
  const tried = new Map<string, string | undefined>();
  const pattern: PatternCheck = (source) => {
    if (!tried.has(source)) tried.set(source, patternTrial().problem(source));
    return tried.get(source);
  };
  const [first, ...others] = STAND_INS.map((value) => inspectWith(document, value, pattern));
  if (first === undefined) throw new Error("there is no stand-in");
  const problems = first.problems.filter((line) => others.every((other) => other.problems.includes(line)));
  return {
    problems,
    warnings: first.warnings,
    ...(problems.length === 0 && first.config && { config: first.config }),
  };
}

function inspectWith(document: Document, value: string, pattern: PatternCheck): Found {
  try {
    const checks = { target: targetProblem, note: targetNote, pattern };
    const config = configFrom(document, () => value, checks);
    return { config, problems: [], warnings: config.warnings };
  } catch (thrown) {
    return { problems: asRouterError(thrown).message.split("\n- ").slice(1), warnings: [] };
  }
}

function asObject(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
