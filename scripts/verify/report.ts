/** The report: lines for people, or JSON. */
import type { Options } from "./options.ts";
import type { Result } from "./types.ts";

const MARKS: Readonly<Record<Result["status"], string>> = { pass: "✓", fail: "✗", warn: "!", skip: "–" };
const INDENT = "      ";
const KEY_STANDS_FOR = "[key]";

/** Takes the key out of a text: a router that echoes it must not bring it into a log. */
export function withoutKey(text: string, key: string | undefined): string {
  return key === undefined ? text : text.replaceAll(key, KEY_STANDS_FOR);
}

/** One result: its mark, what was checked, and what came; of a failure also what was expected and what to do. */
export function resultLines(result: Result): string {
  const time = result.ms >= 1000 ? `${(result.ms / 1000).toFixed(1)} s` : `${result.ms} ms`;
  const head = `${MARKS[result.status]} ${result.check}: ${result.case} (${time})`;
  if (result.status !== "fail") return result.note ? `${head}: ${result.note}` : head;
  if (result.same_as !== undefined) return `${head}: the same cause as ${result.same_as}`;
  return [
    head,
    `${INDENT}expected  ${result.expected}`,
    `${INDENT}came      ${result.got?.replaceAll("\n", `\n${INDENT}          `)}`,
    ...(result.advice === undefined ? [] : [`${INDENT}advice    ${result.advice}`]),
  ].join("\n");
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** Of the failures; equal ones count once. */
  readonly causes: number;
  readonly warnings: number;
  readonly skipped: number;
}

export function summaryOf(results: readonly Result[]): Summary {
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  const failed = count("fail");
  const causes = failed - results.filter(({ same_as }) => same_as !== undefined).length;
  return { passed: count("pass"), failed, causes, warnings: count("warn"), skipped: count("skip") };
}

/** The last line. */
export function summaryLine({ passed, failed, causes, warnings, skipped }: Summary, ms: number): string {
  const parts = [
    `${passed} passed`,
    `${failed} failed${causes < failed ? ` of ${causes} ${causes === 1 ? "cause" : "causes"}` : ""}`,
    ...(warnings > 0 ? [`${warnings} to look at`] : []),
    ...(skipped > 0 ? [`${skipped} left out`] : []),
  ];
  return `${failed === 0 ? "All is well" : "Not all is well"}: ${parts.join(", ")}, in ${(ms / 1000).toFixed(1)} s.`;
}

/** The whole report, for programs. */
export function jsonReport({ url }: Options, results: readonly Result[], ms: number): string {
  return JSON.stringify(
    { url, ok: summaryOf(results).failed === 0, ms, ...summaryOf(results), results },
    null,
    2,
  );
}
