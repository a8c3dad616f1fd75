/** The order of test files where no earlier run has said how long each takes, as in CI. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * First the files that wait for minutes: while they do, the others take the cores. Then those that share a runtime, so that few
 * of them are started. Last those that take the longest, and wait between: the end of a run is theirs, the smaller ones behind.
 */
const TURNS = ["/test/node/slow/", "/test/workers/", ""];

/** Of each turn in Vitest's own order: the larger files first. */
export class InTurns extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const turnOf = ({ moduleId }: TestSpecification) =>
      TURNS.findIndex((folder) => moduleId.includes(folder));
    return sorted.toSorted((a, b) => turnOf(a) - turnOf(b));
  }
}
