/** The configuration, read once per isolate. */
import bundled from "../config/router.yaml";
import { configText, loadConfig } from "./config/index.ts";
import type { Config } from "./config/types.ts";
import { bindings, type Env } from "./env.ts";
import { asRouterError, type RouterError } from "./errors.ts";
import { targetNote, targetProblem } from "./providers/index.ts";

type Loaded =
  | { readonly kind: "ok"; readonly config: Config }
  | { readonly kind: "invalid"; readonly error: RouterError };

/** Bindings do not change while their object lives, so neither does what was made of them. */
const loaded = new WeakMap<Env, Loaded>();

/**
 * The validated configuration.
 * @throws RouterError `config_invalid`, listing every problem.
 */
export function configOf(env: Env): Config {
  const known = loaded.get(env) ?? load(env);
  if (known.kind === "invalid") throw known.error;
  return known.config;
}

function load(env: Env): Loaded {
  const result = tryLoad(env);
  loaded.set(env, result);
  if (result.kind === "ok") {
    for (const warning of result.config.warnings) console.warn(`configuration: ${warning}`);
  }
  return result;
}

function tryLoad(env: Env): Loaded {
  const binding = bindings(env);
  try {
    return {
      kind: "ok",
      config: loadConfig(configText(bundled, binding), binding, targetProblem, targetNote),
    };
  } catch (thrown) {
    return { kind: "invalid", error: asRouterError(thrown) };
  }
}
