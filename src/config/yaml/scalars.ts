/** Texts, numbers and the like: YAML 1.2's core schema. https://yaml.org/spec/1.2.2/#103-core-schema */
import type { Source } from "./source.ts";

const SINGLE_QUOTED = /'(?:[^']|'')*'(?!')/y;
const DOUBLE_QUOTED = /"(?:[^"\\]|\\[\s\S])*"/y;
/** Line breaks with the spaces around them; or spaces alone, so that each is looked at once. */
const BREAK = /[ \t]*\n[ \t\n]*|[ \t]+/g;
const ESCAPE = /\\(?:\n[ \t\n]*|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[\s\S])/;
const ESCAPE_OR_BREAK = new RegExp(`${ESCAPE.source}|${BREAK.source}`, "g");
const ESCAPES: Readonly<Record<string, string>> = {
  0: "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

/** Reads a text in quotes. @param parent The column of what holds it: its lines stand to the right of that. */
export function readQuoted(source: Source, parent: number): string {
  const start = source.at;
  const double = source.text[start] === '"';
  const raw = source.take(double ? DOUBLE_QUOTED : SINGLE_QUOTED);
  const outdented = new RegExp(`\\n(?! {${parent + 1}}|[ \\t]*(?:\\n|.$))|\\n(?:---|\\.\\.\\.)[ \\t\\n]`);
  if (raw === undefined || outdented.test(raw)) {
    source.fail("the quote that begins here is not closed, or its text is indented too little", start);
  }
  const inner = raw.slice(1, -1);
  if (!double) return fold(inner).replaceAll("''", "'");
  return inner.replace(ESCAPE_OR_BREAK, (found, offset: number) => {
    const text = found[0] === "\\" ? unescaped(found) : fold(found);
    return (
      text ??
      source.fail(
        "an unknown escape in double quotes; use single quotes for text with a \\ in it",
        start + 1 + offset,
      )
    );
  });
}

function unescaped(found: string): string | undefined {
  const kind = found.charAt(1);
  // An escaped line break joins the lines.
  if (kind === "\n") return "\n".repeat(found.split("\n").length - 2);
  if (found.length === 2) return Object.hasOwn(ESCAPES, kind) ? ESCAPES[kind] : undefined;
  const code = Number.parseInt(found.slice(2), 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** A line break between texts is a space; with empty lines between, one line break each. */
export function fold(text: string): string {
  return text.replace(BREAK, (found) => {
    const lines = found.split("\n").length;
    return lines === 1 ? found : "\n".repeat(lines - 2) || " ";
  });
}

/** The value of a text without quotes. */
export function plainValue(text: string): unknown {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return /^t/i.test(text);
  if (/^(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+)$/.test(text))
    return Number(text);
  const special = /^(?:([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.exec(text);
  if (special) return special[1] === undefined ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  return text;
}
