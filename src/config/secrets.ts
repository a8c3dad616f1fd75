/** Keys and credentials as the file has them, with `${NAME}` from the bindings. Their values are never shown. */
import type { Expand, Expanded, ReferenceKind } from "./expand.ts";
import { secret } from "./fields.ts";
import type { Key } from "./keys.ts";
import { isBedrock } from "./provider.ts";
import { HEADER_SAFE } from "./reference.ts";
import { HIDDEN } from "./report.ts";
import type { Section } from "./section.ts";

const WRITTEN = `is written into the configuration, where everybody who can read it has it: put it into a secret (npx wrangler secret put NAME) and write \${NAME} here`;

/** Gives the keys under `api_keys` of a provider; expands, and so reads, only those that are asked for. */
export type ProviderKeys = (provider: string) => readonly string[];

/** Reads the section `api_keys`: a text or a list for each provider, whose name may be in any case. */
export function readProviderKeys(root: Section, expand: Expand): ProviderKeys {
  const section = root.section("api_keys");
  const written = new Map<string, { path: string; text: string }[]>();
  for (const provider of section.keys()) {
    if (isBedrock(provider)) {
      section.skip(provider, "Bedrock is called with AWS credentials");
      continue;
    }
    const name = provider.trim().toLowerCase();
    const keys = section.list(provider, secret, true) ?? [];
    written.set(name, [...(written.get(name) ?? []), ...keys.map((key) => ({ path: provider, text: key }))]);
  }
  const expanded = new Map<string, readonly string[]>();
  return (provider) => {
    const name = provider.trim().toLowerCase();
    const known = expanded.get(name);
    if (known !== undefined) return known;
    const keys = (written.get(name) ?? []).flatMap(
      (key) => secretValue(section, key.path, expand(key.text, "key")).value ?? [],
    );
    expanded.set(name, keys);
    return keys;
  };
}

export interface Secret {
  /** Undefined when it is not set. */
  readonly value: string | undefined;
  /** The unset bindings that left it empty. */
  readonly unset: readonly string[];
}

/** Reads a key or credential of a section. One that mentions an unset binding is not set. */
export function readSecret(
  at: Section,
  key: Key<string>,
  expand: Expand,
  kind: Extract<ReferenceKind, "key" | "credential" | "external-id">,
): Secret {
  const written = at.get(key);
  return written === undefined
    ? { value: undefined, unset: [] }
    : secretValue(at, key.name, expand(written, kind));
}

function secretValue(at: Section, key: string, { value, names, unset }: Expanded): Secret {
  if (unset.length > 0 || value === "") return { value: undefined, unset };
  // What is left of a `$NAME` that nobody replaced is no key.
  if (names.length === 0 && !value.startsWith("$")) at.warn(key, WRITTEN);
  if (!HEADER_SAFE.test(value)) {
    at.problem(key, `${HIDDEN} is not valid; wanted printable ASCII characters, as a header needs`);
  }
  return { value, unset };
}
