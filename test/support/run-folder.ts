/** Vitest's global setup for tests over sockets: a folder that all test files of a run share, gone at its end. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    runFolder: string;
  }
}

/** Vitest calls it once a run; what it returns, at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "edge-router-tests-"));
  project.provide("runFolder", folder);
  return () => rm(folder, { recursive: true });
}
