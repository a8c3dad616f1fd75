/**
 * Makes the conformance data beside the project readable inside workerd, which has no file system:
 * `import cases from "virtual:vectors/streams"` is a list of vectors (test/types.d.ts), `import fixtures from
 * "virtual:fixtures"` has the recorded requests by name, `"virtual:dialects"` those of the clients of other dialects. Where the data are missing (a clone that stands alone) either is
 * empty and the suites over them are skipped.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const PREFIX = "virtual:vectors/";
const FIXTURES = "virtual:fixtures";
const DIALECTS = "virtual:dialects";
const CASES = "virtual:cases";
const SHARED = join(import.meta.dirname, "../../../shared");
const ROOT = join(SHARED, "vectors");

function read(folder: string): { name: string; json: unknown; bin?: string; jsonl?: string }[] {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith(".json"))
    .map((file) => {
      const stem = join(path, file.slice(0, -".json".length));
      const json: unknown = JSON.parse(readFileSync(`${stem}.json`, "utf8"));
      return {
        name: file.slice(0, -".json".length),
        json,
        ...(existsSync(`${stem}.bin`) && { bin: readFileSync(`${stem}.bin`).toString("base64") }),
        ...(existsSync(`${stem}.jsonl`) && { jsonl: readFileSync(`${stem}.jsonl`, "utf8") }),
      };
    });
}

/** Real inputs that failed once, each with what came, what is right, and why. */
function readCases(): Record<string, unknown> {
  return readFixtures("../cases");
}

function readFixtures(folder = "."): Record<string, unknown> {
  const path = join(SHARED, "fixtures", folder);
  if (!existsSync(path)) return {};
  const files = readdirSync(path).filter((file) => file.endsWith(".json"));
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -".json".length), JSON.parse(readFileSync(join(path, file), "utf8"))]),
  );
}

/** The source text of a module whose default export is this value. */
function moduleOf(value: unknown): string {
  return `export default JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}

/** The Vite plugin that resolves `virtual:vectors/<folder>` and `virtual:fixtures`. */
export function vectors(): Plugin {
  return {
    name: "vectors",
    resolveId: (id) => (id.startsWith(PREFIX) || [FIXTURES, DIALECTS, CASES].includes(id) ? `\0${id}` : null),
    load: (id) => {
      if (id === `\0${FIXTURES}`) return moduleOf(readFixtures());
      if (id === `\0${DIALECTS}`) return moduleOf(readFixtures("dialects"));
      if (id === `\0${CASES}`) return moduleOf(readCases());
      return id.startsWith(`\0${PREFIX}`) ? moduleOf(read(id.slice(PREFIX.length + 1))) : null;
    },
  };
}
