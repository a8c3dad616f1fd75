/** The three numbers that the README shows are those of the bench's table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { threeNumbers } from "../../../bench/report/three.ts";
import type { Line } from "../../../bench/rows/row.ts";
import { ROOT } from "./pages.ts";

const OPEN = /<!-- bench: three -->\n\n(.*?)\n\n<!-- \/bench -->/s;

/** The rows of the table, as far as they are shown. */
function tableLines(text: string): Line[] {
  const table = text.slice(text.indexOf("<!-- bench: table -->"), text.indexOf("<!-- /bench -->"));
  return table.split("\n").flatMap((row) => {
    const [, what = "", measured = "", against, , ratio = ""] = row.split("|").map((cell) => cell.trim());
    const value = Number.parseFloat(measured.replaceAll(",", ""));
    if (Number.isNaN(value)) return [];
    const unit = measured.replace(/^\S+ /, "");
    const result = ratio.startsWith("+") ? { difference: Number(ratio) } : { ratio: Number(ratio) };
    return [{ what, unit, value, ...(against && { against }), ...result }];
  });
}

it.each(["README.md", "docs/performance.md"])("%s", (page) => {
  const lines = tableLines(readFileSync(join(ROOT, "bench/README.md"), "utf8"));
  expect(lines.length).toBeGreaterThan(20);
  const [, shown] = OPEN.exec(readFileSync(join(ROOT, page), "utf8")) ?? [];
  expect(shown).toBe(threeNumbers(lines));
});

it("what was not measured is no number", () => {
  expect(() => threeNumbers([])).toThrow(/Time to first byte/);
});
