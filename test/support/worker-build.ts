/** One build of the Worker for all stacks of a run of the tests, made when the first one wants it. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { buildWorker } from "../../scripts/local-worker.ts";

const POLL_MS = 50;

/** The folder with the built Worker. Of the processes that run tests, the first builds it and the others wait. */
export async function workerBuild(): Promise<string> {
  const run = inject("runFolder");
  const folder = join(run, "worker");
  const done = join(run, "done");
  const failed = join(run, "failed");
  const isFirst = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    try {
      await buildWorker(folder);
    } catch (thrown) {
      await writeFile(failed, "");
      throw thrown;
    }
    await writeFile(done, "");
  }
  while (!existsSync(done)) {
    if (existsSync(failed)) throw new Error("the Worker could not be built; an earlier stack says why");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return folder;
}
