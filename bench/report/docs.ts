/** Puts the tables into docs/performance.md, so that no number there is written by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { costTable } from "./cost.ts";
import type { Report } from "./report.ts";
import { provenance, tableOf } from "./table.ts";

const PATH = join(import.meta.dirname, "../../docs/performance.md");
const CLOSE = "<!-- /bench -->";

/** Replaces what is between the marker lines. @throws Error when they are missing. */
export function writeDocs(report: Report): void {
  const lines = report.rows.flatMap((row) => row.lines);
  const parts = {
    table: `${provenance(report)}\n\n${tableOf(lines)}`,
    cost: costTable(lines),
  };
  const text = Object.entries(parts).reduce(withPart, readFileSync(PATH, "utf8"));
  writeFileSync(PATH, text);
}

function withPart(text: string, [name, content]: [string, string]): string {
  const open = `<!-- bench: ${name} -->`;
  const start = text.indexOf(open);
  const end = text.indexOf(CLOSE, start);
  if (start === -1 || end === -1) throw new Error(`${PATH} has no lines ${open} … ${CLOSE}`);
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}
