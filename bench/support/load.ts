/** Many requests at once, and what they cost the Worker. */
import { type Ask, askWhole } from "./client.ts";
import type { Served } from "./served.ts";

export interface Load {
  readonly ask: Ask;
  /** Answers in all, and how many of them at once. */
  readonly answers: number;
  readonly parallel: number;
  /** Between the starts of the parallel clients, so that paced frames do not all arrive at once. */
  readonly staggerMs?: number;
}

export interface Spent {
  /** CPU of the Worker's process. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Runs a load to its end. */
export async function run(served: Served, { ask, answers, parallel, staggerMs = 0 }: Load): Promise<Spent> {
  let left = answers;
  const client = async (index: number) => {
    if (staggerMs > 0) await pause(index * staggerMs);
    while (left-- > 0) await askWhole(served, ask);
  };
  return spentBy(served, () => Promise.all(Array.from({ length: parallel }, (_, index) => client(index))));
}

/** What the Worker's process spends while `work` runs. */
export async function spentBy(served: Served, work: () => Promise<unknown>): Promise<Spent> {
  const cpu = served.cpuMs();
  const started = performance.now();
  await work();
  return { cpuMs: served.cpuMs() - cpu, wallMs: performance.now() - started };
}

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
