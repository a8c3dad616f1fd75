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
  /** For one text. */
  readonly limitMs: number;
}

interface Job {
  readonly pattern: Pattern;
  readonly text: HardText;
}

/** A busy machine may stop a thread for longer: only who is late each time is slow. */
const TRIES = 3;
const START_MS = 30_000;
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

/** Those that take longer than the limit for one of their texts. Waits for all. */
export function slowAmong(patterns: readonly Pattern[], { chars, limitMs }: Trial): Pattern[] {
  const slow = new Set<Pattern>();
  const jobs = patterns.flatMap((pattern) => hardTexts(pattern, chars).map((text) => ({ pattern, text })));
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
    for (let steps = 0; steps <= jobs.length; steps = Atomics.load(progress, 0)) {
      const waited = Atomics.wait(progress, 0, steps, steps === 0 ? START_MS : limitMs);
      if (waited === "timed-out") return Math.max(steps - 1, 0);
    }
    return jobs.length;
  } finally {
    void worker.terminate();
  }
}
