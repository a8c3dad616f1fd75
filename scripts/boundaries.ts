/** Checks who imports whom in src/, and what may be written where. Prints every breach and exits with 1 if there is one. */
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { checkBoundaries } from "./boundaries/check.ts";

const ROOT = join(import.meta.dirname, "..");
const SOURCE = join(ROOT, "src");
const read = (file: string): [string, string] => [file, readFileSync(join(SOURCE, file), "utf8")];

const { imports, problems } = checkBoundaries(
  new Map(globSync("**/*.{ts,mjs}", { cwd: SOURCE }).sort().map(read)),
  new Set(globSync("{scripts,bench,emulator}/**/*.{ts,mjs}", { cwd: ROOT }).flatMap(usedBy)),
);
for (const problem of problems) console.error(problem);
console.log(`import boundaries: ${imports} imports, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

/** The modules of src/ that a file beside it imports. */
function usedBy(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const paths = [...source.matchAll(/["'](\.\.?\/[^"']*\.ts)["']/g)].map(([, path = ""]) => path);
  return paths
    .map((path) => relative(SOURCE, join(ROOT, file, "..", path)).replace(/\.ts$/, ""))
    .filter((module) => !module.startsWith(".."));
}
