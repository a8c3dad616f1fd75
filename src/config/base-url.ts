/** `base_url`: where a target's API is, with `${NAME}` from the bindings. */
import type { ReadBinding } from "../env.ts";
import { withoutEnd } from "../lib/text.ts";
import { expand, unsetHint } from "./expand.ts";
import { text } from "./fields.ts";
import { key } from "./keys.ts";
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

/**
 * Reads `base_url`. Made of unset bindings only, it is not set; one that is unset inside other text is a problem, since the
 * rest would be a different address.
 */
export function readBaseUrl(at: Section, binding: ReadBinding): BaseUrl {
  const read = at.read(BASE_URL.name, BASE_URL.field);
  if (read === undefined) return at.has(BASE_URL.name) ? { kind: "wrong" } : { kind: "missing", unset: [] };
  const written = read.trim();
  const { value, names, unset } = expand(written, binding);
  if (value === "") return { kind: "missing", unset };
  const wrong = unset.length > 0 ? `lacks a part${unsetHint(unset)}` : urlProblem(value);
  if (wrong === undefined) return { kind: "set", url: withoutEnd(value, "/") };
  at.problem(BASE_URL.name, `${shown(written, names)} ${wrong}; wanted ${BASE_URL.field.wanted}`);
  return { kind: "wrong" };
}

/** What is wrong with a URL, as the end of a sentence. */
function urlProblem(url: string): string | undefined {
  if (url.includes("$")) return "holds a $ without the name of a binding in braces behind it";
  if (/^[a-z]+:\/\/[^/]*@/i.test(url)) return "holds a user name or password (keys belong in api_key)";
  if (/[?#]/.test(url)) return "has a query or a fragment (?, #)";
  // The parser alone would also take https:host, https:///host and white space.
  if (!/^https?:\/\/[^\s\\/]/i.test(url) || /\s|\\/.test(url) || !URL.canParse(url)) {
    return "is not an http(s) URL";
  }
  return undefined;
}

/** Quotes what was written unless a secret could be in it. */
function shown(written: string, names: readonly string[]): string {
  if (names.length > 0) return `the URL with ${[...new Set(names)].map((name) => `\${${name}}`).join(", ")}`;
  return /[@?#$]/.test(written) ? "the URL (not shown)" : show(written);
}
