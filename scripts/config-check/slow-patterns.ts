/** Tries regular expressions on texts that are hard for them, in a thread that is ended when it takes too long. */
import { Worker } from "node:worker_threads";
import { type HardText, hardTexts } from "./hard-texts.ts";

export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

export interface Trial {
  /** Of the longest texts. */
  readonly chars: number;
  /** For one text: of the thread's own running, so that a busy machine makes no pattern slow. */
  readonly limitMs: number;
}

interface Job {
  readonly pattern: Pattern;
  readonly text: HardText;
}

/** What else the process does counts, too: only who is late each time is slow. */
const TRIES = 3;
const START_MS = 30_000;
/** How often to look at what the thread has used. */
const LOOK_MS = 10;
/** A thread that does not even run has ended. */
const STUCK_MS = 60_000;
/** Counts up when it begins, and with each job. */
const CODE = `
const { workerData: { progress, jobs } } = require("node:worker_threads");
const step = () => { Atomics.add(progress, 0, 1); Atomics.notify(progress, 0); };
step();
for (const { pattern: { source, flags }, text: { head, pump, tail, chars } } of jobs) {
  const room = Math.max(chars - head.length - tail.length, 0);
  const text = head + pump.repeat(Math.ceil(room / pump.length)).slice(0, room) + tail;
  const regexp = new RegExp(source, flags);
  if (regexp.global) text.replace(regexp, "");
  else regexp.test(text);
  step();
}
`;

/**
 * Those that take longer than the limit for one of their texts. Waits for all.
 * @param textsOf What a pattern is tried on.
 */
export function slowAmong(
  patterns: readonly Pattern[],
  { chars, limitMs }: Trial,
  textsOf: (pattern: Pattern, chars: number) => readonly HardText[] = hardTexts,
): Pattern[] {
  const slow = new Set<Pattern>();
  const jobs = patterns.flatMap((pattern) => textsOf(pattern, chars).map((text) => ({ pattern, text })));
  for (let next = 0, tries = 0; next < jobs.length; ) {
    const done = next + jobsInTime(jobs.slice(next), limitMs);
    const late = jobs[done];
    if (late === undefined) break;
    tries = done === next ? tries + 1 : 1;
    next = done;
    if (tries < TRIES) continue;
    slow.add(late.pattern);
    tries = 0;
    while (next < jobs.length && jobs[next]?.pattern === late.pattern) next++;
  }
  return [...slow];
}

/** How many of the jobs a new thread does before it is late. */
function jobsInTime(jobs: readonly Job[], limitMs: number): number {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(CODE, { eval: true, workerData: { progress, jobs } });
  try {
    Atomics.wait(progress, 0, 0, START_MS);
    for (let steps = 1; steps <= jobs.length; steps = Atomics.load(progress, 0)) {
      if (isLate(progress, steps, limitMs)) return Math.max(steps - 1, 0);
    }
    return jobs.length;
  } finally {
    void worker.terminate();
  }
}

/** Whether the thread runs for longer than the limit before it gets beyond a step. This thread waits meanwhile. */
function isLate(progress: Int32Array, steps: number, limitMs: number): boolean {
  const [usedMs, began] = [cpuMs(), Date.now()];
  while (Atomics.wait(progress, 0, steps, LOOK_MS) === "timed-out") {
    if (cpuMs() - usedMs >= limitMs || Date.now() - began >= STUCK_MS) return true;
  }
  return false;
}

/** Of the process: while this thread waits, of the one that it waits for. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
