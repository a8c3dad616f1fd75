/** The order of test files where no earlier run has said how long each takes, as in CI. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Wait for minutes: while they do, the others take the cores. */
const SLOW = "/test/node/slow/";

/** Vitest's own order (larger files first), behind the files that mostly wait. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => moduleId.includes(SLOW);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
