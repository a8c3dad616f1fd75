/** `base_url`: where a target's API is, with `${NAME}` from the bindings. */
import { withoutEnd } from "../lib/text.ts";
import { type Expand, type ReferenceKind, unsetHint } from "./expand.ts";
import { text } from "./fields.ts";
import { key } from "./keys.ts";
import { urlProblem } from "./reference.ts";
import { show } from "./report.ts";
import type { Section } from "./section.ts";

export const BASE_URL = key("base_url", {
  ...text,
  wanted: "an http(s) URL such as https://api.openai.com/v1",
  reference: "expanded",
});

export type BaseUrl =
  /** Without a trailing slash. */
  | { readonly kind: "set"; readonly url: string }
  /** `unset`: the bindings that left it empty. */
  | { readonly kind: "missing"; readonly unset: readonly string[] }
  /** The problem is noted. */
  | { readonly kind: "wrong" };

/** Of whose API the address is. */
export type AddressKind = Extract<ReferenceKind, "endpoint" | "server" | "root">;

/**
 * Reads `base_url`. Made of unset bindings only, it is not set; one that is unset inside other text is a problem, since the
 * rest would be a different address.
 * @param kind Whose address it is.
 */
export function readBaseUrl(at: Section, expand: Expand, kind: AddressKind): BaseUrl {
  const read = at.read(BASE_URL.name, BASE_URL.field);
  if (read === undefined) return at.has(BASE_URL.name) ? { kind: "wrong" } : { kind: "missing", unset: [] };
  const written = read.trim();
  const { value, names, unset } = expand(written, kind);
  if (value === "") return { kind: "missing", unset };
  const wrong = unset.length > 0 ? `lacks a part${unsetHint(unset)}` : urlProblem(value);
  if (wrong === undefined) return { kind: "set", url: withoutEnd(value, "/") };
  at.problem(BASE_URL.name, `${shown(written, names)} ${wrong}; wanted ${BASE_URL.field.wanted}`);
  return { kind: "wrong" };
}

/** Quotes what was written unless a secret could be in it. */
function shown(written: string, names: readonly string[]): string {
  if (names.length > 0) return `the URL with ${[...new Set(names)].map((name) => `\${${name}}`).join(", ")}`;
  return /[@?#$]/.test(written) ? "the URL (not shown)" : show(written);
}
