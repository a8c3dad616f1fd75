/** Validates configurations by the JSON Schema, and loads them as the Worker does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { loadConfig } from "../../../src/config/text.ts";
import type { ReadBinding } from "../../../src/env.ts";
import { RouterError } from "../../../src/errors.ts";
import { targetProblem } from "../../../src/providers/index.ts";

export const ROOT = join(import.meta.dirname, "../../..");

/** config/router.schema.json. */
export const SCHEMA: unknown = JSON.parse(read("config/router.schema.json"));

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false });
// What editors know beyond the standard.
for (const keyword of ["deprecationMessage", "patternErrorMessage"]) ajv.addKeyword(keyword);
ajv.addFormat("regex", {
  validate(text: string) {
    try {
      return new RegExp(text) instanceof RegExp;
    } catch {
      return false;
    }
  },
});
if (typeof SCHEMA !== "object" || SCHEMA === null) throw new TypeError("the schema is no object");
const validate = ajv.compile(SCHEMA);

/** A file of the project as text. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What the schema says against a file, each with where. */
export function schemaProblems(text: string): string[] {
  const document: unknown = parse(text, { merge: true });
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

/** What the loader says against it, without the first line. */
export function loaderProblems(text: string, binding: ReadBinding = () => undefined): string[] {
  try {
    loadConfig(text, binding, { target: targetProblem });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw thrown;
    return thrown.message.split("\n").slice(1);
  }
}
