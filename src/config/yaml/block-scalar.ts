import type { Source } from "./source.ts";

/** `|` or `>`, how deep the text stands, what becomes of its last line breaks; then only a comment. */
const HEADER = /([|>](?:[1-9][-+]?|[-+]?[1-9]?))(?:[ \t]+#[^\n]*|[ \t]*)\n/y;
const LINE = /[^\n]*\n/y;

/**
 * Reads a literal (`|`) or folded (`>`) text. https://yaml.org/spec/1.2.2/#81-block-scalar-styles
 *
 * @param parent The column of what holds it, -1 for the document: the text stands to the right of that.
 */
export function readBlockScalar(source: Source, parent: number): string {
  const header = source.take(HEADER) ?? source.fail("text stands behind | or >; it begins on the next line");
  const style = header.split(/[ \t\n]/, 1)[0] ?? "";
  const given = /\d/.exec(style)?.[0];
  const lines = readLines(source, parent, given ? Math.max(parent, 0) + Number(given) : undefined);
  let count = lines.length;
  while (count > 0 && lines[count - 1] === "") count--;
  const content = lines.slice(0, count);
  const text = style.startsWith(">") ? folded(content) : content.join("\n");
  if (style.includes("-")) return text;
  if (style.includes("+")) return text + "\n".repeat(lines.length - count + (count > 0 ? 1 : 0));
  return count > 0 ? `${text}\n` : "";
}

/** The text's lines without their indentation. @param given Its columns, else those of the first line with text. */
function readLines(source: Source, parent: number, given: number | undefined): string[] {
  const lines: string[] = [];
  let indent = given;
  while (!source.ended) {
    const start = source.at;
    const line = source.take(LINE)?.slice(0, -1) ?? "";
    const spaces = line.search(/[^ ]|$/);
    if (spaces < line.length) {
      indent ??= spaces;
      if (spaces < indent || spaces <= parent) {
        source.at = start;
        break;
      }
    }
    lines.push(line.slice(indent ?? line.length));
  }
  return lines;
}

/** Lines that begin in the same column become one; further indented ones stay. */
function folded(lines: readonly string[]): string {
  let text = "";
  let breaks = "";
  let wasDeeper = false;
  for (const [index, line] of lines.entries()) {
    if (line === "") {
      breaks += "\n";
      continue;
    }
    const deeper = /^[ \t]/.test(line);
    if (index > breaks.length && (deeper || wasDeeper)) breaks += "\n";
    text += (breaks || (text && " ")) + line;
    wasDeeper = deeper;
    breaks = "";
  }
  return text;
}
