/** The Worker's bindings. Variables and secrets are read by name, because configuration names them (`${NAME}`). */

/** Reads a binding of the Worker (a variable or a secret); undefined when it is unset or empty. */
export type ReadBinding = (name: string) => string | undefined;

/** What `wrangler.toml`, `wrangler secret` and `.dev.vars` give; anything may be missing. */
export type Env = Readonly<Record<string, unknown>>;

/**
 * Reads a text binding; undefined when it is unset, blank or not a text. Outer white space is taken off, since secrets
 * that were piped into `wrangler secret put` end in a line feed; not off YAML, where it has a meaning.
 */
export function bindings(env: Env): ReadBinding {
  return (name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (typeof value !== "string" || value.trim() === "") return undefined;
    return name.startsWith("ROUTER_CONFIG") ? value : value.trim();
  };
}
