/** Tries regular expressions on texts that are hard for them, in a thread that is ended when it takes too long. */
import { Worker } from "node:worker_threads";
import { type TextOptions, worstTexts } from "./worst-texts.ts";

export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

export interface Trial {
  /** Of each text. */
  readonly chars: number;
  /** For one text. */
  readonly limitMs: number;
}

/** A busy machine may stop a thread for longer: only who is late each time is slow. */
const TRIES = 3;
const START_MS = 30_000;
/** Counts up when it is ready, and with each text. */
const CODE = `
const { workerData: { progress, pattern, texts } } = require("node:worker_threads");
const step = () => { Atomics.add(progress, 0, 1); Atomics.notify(progress, 0); };
const regexp = new RegExp(pattern.source, pattern.flags);
step();
for (const text of texts) {
  if (regexp.global) text.replace(regexp, "");
  else regexp.test(text);
  step();
}
`;

/** Whether one of the texts takes the pattern longer than the limit. Waits for it. */
export function isSlow(pattern: Pattern, { chars, limitMs }: Trial): boolean {
  const options: TextOptions = { flags: pattern.flags, chars };
  const texts = worstTexts(pattern.source, options);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (!takesTooLong(pattern, texts, limitMs)) return false;
  }
  return true;
}

function takesTooLong(pattern: Pattern, texts: readonly string[], limitMs: number): boolean {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(CODE, { eval: true, workerData: { progress, pattern, texts } });
  try {
    for (let done = 0; done <= texts.length; ) {
      const waited = Atomics.wait(progress, 0, done, done === 0 ? START_MS : limitMs);
      if (waited === "timed-out") return true;
      done = Atomics.load(progress, 0);
    }
    return false;
  } finally {
    void worker.terminate();
  }
}
