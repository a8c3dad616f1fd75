import type { Times } from "./report.ts";

/** Below so many a 95th in a hundred is chance. */
export const LEAST_FOR_P95 = 20;

/** Undefined without any. */
export function timesOf(list: readonly { readonly ms: number }[]): Times | undefined {
  const sorted = list.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  const [p50, p95] = [at(0.5), at(0.95)];
  if (p50 === undefined || p95 === undefined) return undefined;
  return { count: sorted.length, p50, p95 };
}
