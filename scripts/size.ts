/**
 * `npm run size`: builds the Worker as a deployment does and says what it weighs: in whole, against its budget, and what each
 * dependency, folder and file costs. Writes the same as dist/size.json.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEPENDENCIES, WORKER_BUDGET } from "./size/budgets.ts";
import { measureWorker, type Part } from "./size/measure.ts";

const OUT = join(import.meta.dirname, "../dist");
const LARGEST_FILES = 20;

const size = measureWorker();
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, "size.json"), `${JSON.stringify({ ...size, budget: WORKER_BUDGET }, null, 2)}\n`);

console.log(
  `The Worker: ${kib(size.gzip)} KiB gzip of ${kib(WORKER_BUDGET)} that it may have, ${kib(size.minified)} KiB minified.`,
);
console.log(
  "In KiB. Alone: gzip of the part by itself. Share: what the Worker's gzip loses without it; what parts have in common is in nobody's share.",
);
print("Dependencies", size.dependencies);
print("Our own", size.own);
print(`The ${LARGEST_FILES} largest files`, size.files.slice(0, LARGEST_FILES));
console.log("All of it is in dist/size.json.");

function print(title: string, parts: readonly Part[]): void {
  console.log(`\n${title}`);
  console.table(
    Object.fromEntries(
      parts.map(({ name, minified, alone, share }) => {
        const budget = DEPENDENCIES[name]?.share;
        const sizes = { minified: kib(minified), alone: kib(alone), share: kib(share) };
        return [name, budget === undefined ? sizes : { ...sizes, budget: kib(budget) }];
      }),
    ),
  );
}

function kib(bytes: number): number {
  return Number((bytes / 1024).toFixed(2));
}
