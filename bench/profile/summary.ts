/** A CPU profile as a list of functions by the time spent in them, callees not counted. */
import type { SourceMap } from "node:module";
import type { CallFrame, CpuProfile } from "./inspector.ts";

export interface SelfTime {
  /** The function and where it is written. */
  readonly name: string;
  readonly ms: number;
  /** Of the time in which the process did anything at all, in percent. */
  readonly share: number;
}

const IDLE = "(idle)";

/** The functions that took most, `(program)` being all native code and `(garbage collector)` its own. */
export function selfTimes(profile: CpuProfile, sourceMap: SourceMap): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, sourceMap)]));
  const byName = new Map<string, number>();
  // A delta is the time since the sample before: it belongs to that one's node.
  profile.samples.forEach((node, index) => {
    const name = names.get(node) ?? "(unknown)";
    const deltaUs = Math.max(0, profile.timeDeltas[index + 1] ?? 0);
    byName.set(name, (byName.get(name) ?? 0) + deltaUs / 1000);
  });
  byName.delete(IDLE);
  const busy = Array.from(byName.values()).reduce((sum, ms) => sum + ms, 0);
  return Array.from(byName, ([name, ms]) => ({ name, ms, share: (100 * ms) / busy })).sort(
    (a, b) => b.ms - a.ms,
  );
}

function nameOf({ functionName, url, lineNumber, columnNumber }: CallFrame, sourceMap: SourceMap): string {
  if (url === "") return functionName || "(anonymous)";
  const entry = sourceMap.findEntry(lineNumber, columnNumber);
  if (!("originalSource" in entry)) return `${functionName} (${url})`;
  const path = entry.originalSource.replace(/^.*?((?:src|node_modules)\/)/, "$1");
  return `${functionName || "(anonymous)"} (${path}:${entry.originalLine + 1})`;
}
