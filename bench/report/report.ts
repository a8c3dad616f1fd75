/** What one run of the bench found, and on what. */
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import workerd from "workerd";
import type { Line } from "../rows/row.ts";

export interface Report {
  readonly date: string;
  readonly workerd: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Seconds that the run took. */
  readonly seconds: number;
  readonly rows: readonly RowReport[];
}

export interface RowReport {
  readonly name: string;
  readonly rounds: number;
  readonly lines: readonly Line[];
}

/** Puts what was measured together with what it was measured on. */
export function report(rows: readonly RowReport[], seconds: number): Report {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    workerd: execFileSync(typeof workerd === "string" ? workerd : workerd.default, ["--version"], {
      encoding: "utf8",
    }).trim(),
    node: process.version,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    seconds: Math.round(seconds),
    rows,
  };
}

/** A report that was read from a file. @throws Error when it is none. */
export function asReport(value: unknown): Report {
  if (isReport(value)) return value;
  throw new Error("the file holds no report of the bench; run `npm run bench` first");
}

function isReport(value: unknown): value is Report {
  return (
    typeof value === "object" &&
    value !== null &&
    "workerd" in value &&
    "rows" in value &&
    Array.isArray(value.rows) &&
    value.rows.every((row: unknown) => typeof row === "object" && row !== null && "lines" in row)
  );
}
