/** The whole way from text to a configuration, where the reader of YAML is at hand: for scripts and tests. */
import type { ReadBinding } from "../env.ts";
import { taskOf } from "../families/index.ts";
import { readJson } from "./document.ts";
import { configError } from "./error.ts";
import { expandWith } from "./expand.ts";
import { type Checks, checkConfig } from "./index.ts";
import type { Config } from "./types.ts";
import { readYaml } from "./yaml.ts";

/**
 * Reads a configuration as an isolate does.
 *
 * @param text YAML, or JSON, which is YAML.
 * @param binding Read for each `${NAME}` in a key, credential, region or `base_url` field that has an effect.
 * @throws RouterError `config_invalid` listing every problem with its path, without any secret.
 */
export function loadConfig(text: string, binding: ReadBinding, checks: Partial<Checks> = {}): Config {
  const document = readJson(text) ?? readYaml(text);
  const checked = checkConfig(document, expandWith(binding), { bedrockTask: taskOf, ...checks });
  if (checked.kind === "invalid") throw configError(checked.problems);
  return checked.config;
}
