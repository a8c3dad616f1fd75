/**
 * Makes the conformance vectors beside the project readable inside workerd, which has no file system:
 * `import cases from "virtual:vectors/streams"` is a list of {@link VectorCase}. Where the vectors are missing (a clone
 * that stands alone) the list is empty and the suites over them are skipped.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const PREFIX = "virtual:vectors/";
const ROOT = join(import.meta.dirname, "../../../shared/vectors");

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

/** The Vite plugin that resolves `virtual:vectors/<folder>`. */
export function vectors(): Plugin {
  return {
    name: "vectors",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load: (id) =>
      id.startsWith(`\0${PREFIX}`)
        ? `export default JSON.parse(${JSON.stringify(JSON.stringify(read(id.slice(PREFIX.length + 1))))})`
        : null,
  };
}
