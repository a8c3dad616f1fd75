/**
 * What the build makes for the Worker (scripts/build-config.mjs), without a build: src/further/config.txt from config/router.yaml, and
 * the modules beside it from their sources.
 */
import { join } from "node:path";
import type { Plugin } from "vite";
import { bundledConfig } from "../../scripts/config-check/bundled.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIG = "\0bundled-config";
const VECTORS = "\0no-vectors";
const FURTHER: Readonly<Record<string, string>> = {
  "./further/reader.mjs": "src/config/index.ts",
  "./further/yaml.mjs": "src/config/yaml.ts",
  "./further/judges.mjs": "src/routing/strategies/judges/index.ts",
};

/** The Vite plugin. */
export function built(): Plugin {
  return {
    name: "built",
    enforce: "pre",
    resolveId(id, importer) {
      if (id === "./further/config.txt") return CONFIG;
      if (id === "./further/vectors.bin") return VECTORS;
      const source = FURTHER[id];
      return source === undefined ? null : this.resolve(join(ROOT, source), importer);
    },
    async load(id) {
      if (id === VECTORS) return "export default new ArrayBuffer(0);";
      if (id !== CONFIG) return null;
      const { packed, text } = await bundledConfig(ROOT);
      if (packed === undefined) throw new Error(text);
      return `export default ${JSON.stringify(packed)}`;
    },
  };
}
