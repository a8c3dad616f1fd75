/** The whole way from text to a configuration, where the reader of YAML is at hand: for the build and other scripts. */
import type { ReadBinding } from "../env.ts";
import { readJson } from "./document.ts";
import { type Checks, configFrom } from "./index.ts";
import type { Config } from "./types.ts";
import { readYaml } from "./yaml.ts";

/**
 * Reads a configuration as an isolate does.
 *
 * @param text YAML, or JSON, which is YAML.
 * @throws RouterError `config_invalid` as {@link configFrom}.
 */
export function loadConfig(text: string, binding: ReadBinding, checks?: Checks): Config {
  return configFrom(readJson(text) ?? readYaml(text), binding, checks);
}
