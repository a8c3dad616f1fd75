/** The configuration as it is written: which entry is whose, and which bindings it mentions. */
import { parse } from "yaml";
import { expand } from "../../src/config/expand.ts";

/** A mapping of the file. */
export type Entry = Readonly<Record<string, unknown>>;

/** The file's mapping. Take only a text that the loader has taken. */
export function readWritten(text: string): Entry {
  return entryOf(parse(text, { merge: true, logLevel: "silent" }));
}

/** The entry of a model of `llms`. */
export function modelEntry(written: Entry, name: string): Entry {
  return entryOf(entryOf(written.llms ?? written.models)[name]);
}

/** A value as a mapping, empty when it is none. */
export function entryOf(value: unknown): Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The names in `${}` of a text or of the texts of a list. */
export function references(value: unknown): string[] {
  return [value]
    .flat()
    .flatMap((item) => (typeof item === "string" ? expand(item, () => undefined).names : []));
}
