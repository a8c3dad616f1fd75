/** What answers cost on Cloudflare, from their CPU. https://developers.cloudflare.com/workers/platform/pricing/ */
import type { Line } from "../rows/row.ts";
import { columns, number } from "./table.ts";

/** The free plan's limit for one request. */
const FREE_CPU_MS = 10;
/** US dollars on the paid plan, beyond what it includes. */
const MILLION_REQUESTS = 0.3;
const MILLION_CPU_MS = 0.02;

/** The lines that tell the CPU of one answer, with what that means on either plan. */
export function costTable(lines: readonly Line[]): string {
  const rows = lines
    .filter(({ answer }) => answer)
    .map(({ what, value }) => [
      what,
      `${number(value)} ms`,
      value <= FREE_CPU_MS ? "yes" : "no",
      dollars(value),
    ]);
  return columns([["", "CPU", `within ${FREE_CPU_MS} ms`, "a million of them, paid plan"], ...rows]);
}

/** A million requests that take so much CPU each. */
export function dollars(cpuMs: number): string {
  return `$${(MILLION_REQUESTS + MILLION_CPU_MS * cpuMs).toFixed(2)}`;
}
