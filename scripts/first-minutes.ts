/**
 * Plays somebody who does not know the project, on a fresh clone: `node scripts/first-minutes.ts [REPOSITORY]`. Ends with 1 where
 * the README promises what does not happen.
 */
import { join, resolve } from "node:path";
import { play } from "./first-minutes/play.ts";

const source = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const steps = await play(source, ({ what, seconds, problem }) => {
  console.log(`${problem === undefined ? "ok    " : "FAILED"} ${seconds.toFixed(1).padStart(6)} s  ${what}`);
  if (problem !== undefined) console.log(problem.replace(/^/gm, "       | "));
});
process.exitCode = steps.some(({ problem }) => problem !== undefined) ? 1 : 0;
