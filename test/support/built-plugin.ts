/**
 * What the build makes for the Worker (scripts/build-config.mjs), without a build: dist/config.json from config/router.yaml, and
 * the modules of src/further/ from their sources.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../..");
const CONFIG = "\0bundled-config";
const VECTORS = "\0no-vectors";
const FURTHER: Readonly<Record<string, string>> = {
  "./further/yaml.mjs": "src/config/yaml.ts",
  "./further/judges.mjs": "src/routing/strategies/judges/index.ts",
};

/** The Vite plugin. */
export function built(): Plugin {
  return {
    name: "built",
    enforce: "pre",
    resolveId(id, importer) {
      if (id.endsWith("/dist/config.json")) return CONFIG;
      if (id === "./further/vectors.bin") return VECTORS;
      const source = FURTHER[id];
      return source === undefined ? null : this.resolve(join(ROOT, source), importer);
    },
    load: (id) => {
      if (id === VECTORS) return "export default new ArrayBuffer(0);";
      if (id !== CONFIG) return null;
      const file: unknown = parse(readFileSync(join(ROOT, "config/router.yaml"), "utf8"), { merge: true });
      return `export default ${JSON.stringify(file)}`;
    },
  };
}
