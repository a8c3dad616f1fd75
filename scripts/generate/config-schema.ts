/** config/router.schema.json: what editors know of the configuration. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Generated } from "../generate.ts";
import { unusedDescriptions } from "./config/field-schema.ts";
import { configSchema } from "./config/schema.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = "config/router.schema.json";

/** The schema, laid out as the formatter wants it. Throws when a description belongs to no key. */
export function generated(): Generated[] {
  const text = JSON.stringify(configSchema());
  const unused = unusedDescriptions();
  if (unused.length > 0) throw new Error(`descriptions of keys that do not exist: ${unused.join(", ")}`);
  const biome = join(ROOT, "node_modules/.bin/biome");
  const content = execFileSync(biome, ["format", `--stdin-file-path=${PATH}`], {
    cwd: ROOT,
    input: text,
    encoding: "utf8",
  });
  return [{ path: PATH, content }];
}
