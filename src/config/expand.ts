/** `${NAME}` in key, credential, region and `base_url` fields is the value of the Worker's binding NAME. */
import type { ReadBinding } from "../env.ts";

const EXPANDED =
  "base_url, aws_region, api_key, api_keys, the AWS credentials, aws_role_arn, aws_external_id and webhook";
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** What a text with references is for: src/config/reference.ts says what its value may be. */
export type ReferenceKind =
  /** An API key or another secret that may be left out. */
  | "key"
  /** One of a set that is needed as a whole. */
  | "credential"
  | "external-id"
  | "role"
  | "region"
  /** An address in place of AWS's. */
  | "endpoint"
  /** The address of an OpenAI-compatible API. */
  | "server"
  /** The address of Anthropic's API, which may be written with its version. */
  | "root"
  | "webhook";

export interface Expanded {
  /** The text with each binding's value in place; an unset one is empty. */
  readonly value: string;
  /** Names of all bindings the text mentions. A value that came from one must not be shown. */
  readonly names: readonly string[];
  /** Those of them that are unset. */
  readonly unset: readonly string[];
}

/** Puts values in place of the references of a text. */
export type Expand = (text: string, kind: ReferenceKind) => Expanded;

/** For messages: where a text mentions bindings that nobody will put in; undefined where it mentions none. */
export function unexpanded(text: string): string | undefined {
  const { names } = expand(text, () => undefined);
  const [name] = names;
  return name === undefined
    ? undefined
    : `\${${name}} is not replaced here, only in ${EXPANDED}; wanted the value itself`;
}

/** Reads only the bindings that `text` mentions. */
export function expand(text: string, binding: ReadBinding): Expanded {
  const names: string[] = [];
  const unset: string[] = [];
  const value = text.replace(REFERENCE, (_, name: string) => {
    names.push(name);
    const found = binding(name) ?? "";
    if (found === "") unset.push(name);
    return found;
  });
  return { value: value.trim(), names, unset };
}

/** With the bindings at hand. */
export function expandWith(binding: ReadBinding): Expand {
  return (text) => expand(text, binding);
}

/** For messages: `(the binding A is not set)` and the command that sets it, empty when nothing is unset. */
export function unsetHint(unset: readonly string[]): string {
  if (unset.length === 0) return "";
  const verb = unset.length === 1 ? "binding" : "bindings";
  return ` (unset ${verb}: ${unset.join(", ")}; set with npx wrangler secret put ${unset[0]})`;
}
