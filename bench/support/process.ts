/** What Linux tells of a process, see proc(5). */
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second of /proc/PID/stat; the same on every Linux that workerd runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU of all threads so far, user and system, in milliseconds. From the scheduler's own sum in nanoseconds where the
 * kernel keeps it, since a request takes less than one tick of /proc/PID/stat.
 */
export function cpuMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]))
    .reduce((sum, each) => sum + each, 0);
  return nanoseconds > 0 ? nanoseconds / 1e6 : tickedCpuMs(pid);
}

/** The same in steps of 10 ms. */
function tickedCpuMs(pid: number): number {
  // The name before the closing bracket may hold spaces. Fields 14 and 15 are utime and stime.
  const fields = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** Resident memory in MiB. */
export function memoryMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1]) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A thread that has ended between listing and reading, or a kernel without schedstat.
    return "0";
  }
}
