/** The Worker's bindings. Variables and secrets are read by name, because configuration names them (`${NAME}`). */
import type { ReadBinding } from "./contracts.ts";

/** What `wrangler.toml`, `wrangler secret` and `.dev.vars` give; anything may be missing. */
export type Env = Readonly<Record<string, unknown>>;

/** Reads a text binding; undefined when it is unset, empty or not a text. */
export function bindings(env: Env): ReadBinding {
  return (name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
}
