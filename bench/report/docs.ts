/** Puts the tables into bench/README.md and three numbers in front of readers, so that no number there is written by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { costTable } from "./cost.ts";
import type { Report } from "./report.ts";
import { provenance, tableOf } from "./table.ts";
import { threeNumbers } from "./three.ts";

const ROOT = join(import.meta.dirname, "../..");
const CLOSE = "<!-- /bench -->";

/** Replaces what is between the marker lines. @throws Error when they, or the lines for the three numbers, are missing. */
export function writeDocs(report: Report): void {
  const lines = report.rows.flatMap((row) => row.lines);
  const three = threeNumbers(lines);
  write("bench/README.md", "table", `${provenance(report)}\n\n${tableOf(lines)}`);
  write("bench/README.md", "cost", costTable(lines));
  write("docs/performance.md", "three", three);
  write("README.md", "three", three);
}

function write(path: string, name: string, content: string): void {
  const file = join(ROOT, path);
  const text = readFileSync(file, "utf8");
  const open = `<!-- bench: ${name} -->`;
  const start = text.indexOf(open);
  const end = text.indexOf(CLOSE, start);
  if (start === -1 || end === -1) throw new Error(`${path} has no lines ${open} … ${CLOSE}`);
  writeFileSync(file, `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`);
}
