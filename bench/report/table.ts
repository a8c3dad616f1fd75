/** The report as a table in Markdown, which is also what the terminal shows. */
import type { Line, Target } from "../rows/row.ts";
import type { Report } from "./report.ts";

const HEAD = ["", "measured", "against", "", "ratio", "baseline to itself", "target", ""];

/** What was measured, one line each. */
export function tableOf(lines: readonly Line[]): string {
  return columns([HEAD, ...lines.map(cells)]);
}

/** A table in Markdown whose columns are aligned; the first row is its head. */
export function columns(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const text = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [text(head), rule, ...rest.map(text)].join("\n");
}

/** One line on where the numbers come from. */
export function provenance({ date, workerd, node, cpu, cores, memoryGiB, rows, seconds }: Report): string {
  const rounds = rows.map((row) => row.rounds);
  const spread = `${Math.min(...rounds)} to ${Math.max(...rounds)}`;
  return `${date.slice(0, 10)}, ${workerd}, Node ${node} for client and upstream, ${cpu}, ${cores} cores, ${memoryGiB} GiB; medians of ${spread} rounds, ${seconds} s in all.`;
}

function cells(line: Line): string[] {
  const { what, unit, value, against, baseline, ratio, difference, self, target, met } = line;
  const result = difference === undefined ? number(ratio) : signed(difference);
  return [
    what,
    `${number(value)} ${unit}`,
    against ?? "",
    number(baseline),
    result,
    self ? `${number(self[0])} to ${number(self[1])}` : "",
    target ? wanted(target) : "",
    met === undefined ? "" : met ? "met" : "**missed**",
  ];
}

function wanted({ most, least }: Target): string {
  if (most !== undefined) return `≤ ${number(most)}`;
  return least === undefined ? "" : `≥ ${number(least)}`;
}

function signed(difference: number): string {
  return `${difference < 0 ? "" : "+"}${number(difference)}`;
}

/** Three significant digits; empty for nothing. */
export function number(value: number | undefined): string {
  if (value === undefined) return "";
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(Math.abs(value) < 1 ? 2 : 3)));
}
