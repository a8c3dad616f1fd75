/** JSON values as literals of a programming language. */
import { isObject } from "../../lib/json.ts";

interface Language {
  readonly words: { readonly true: string; readonly false: string; readonly null: string };
  /** An object's member, its value already written. */
  readonly member: (key: string, value: string) => string;
  readonly indent: string;
}

export const PYTHON: Language = {
  words: { true: "True", false: "False", null: "None" },
  member: (key, value) => `${JSON.stringify(key)}: ${value}`,
  indent: "    ",
};

export const TYPESCRIPT: Language = {
  words: { true: "true", false: "false", null: "null" },
  // __proto__ as a plain name would not be a member.
  member: (key, value) => `${/^[A-Za-z$][\w$]*$/.test(key) ? key : `[${JSON.stringify(key)}]`}: ${value}`,
  indent: "  ",
};

/** Short lists and objects stay on a line. */
const MAX_LINE_CHARS = 80;

/** @param value What JSON can hold. @param margin Written before every further line. */
export function literal(value: unknown, language: Language, margin = ""): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => literal(item, language, margin + language.indent));
    return wrap("[]", items, language, margin);
  }
  if (isObject(value)) {
    const inner = margin + language.indent;
    const items = Object.entries(value).map(([key, item]) =>
      language.member(key, literal(item, language, inner)),
    );
    return wrap("{}", items, language, margin);
  }
  if (typeof value === "string" || typeof value === "number") return JSON.stringify(value);
  return language.words[value === true ? "true" : value === false ? "false" : "null"];
}

function wrap(brackets: "[]" | "{}", items: string[], { indent }: Language, margin: string): string {
  const [open, close] = brackets;
  const space = open === "{" && items.length > 0 ? " " : "";
  const line = `${open}${space}${items.join(", ")}${space}${close}`;
  if (line.length <= MAX_LINE_CHARS && !line.includes("\n")) return line;
  return `${open}\n${items.map((item) => `${margin}${indent}${item},\n`).join("")}${margin}${close}`;
}
