/**
 * One mapping of the file, read key by key. It goes on after a wrong value, so that one error can list them all, and
 * in the end knows which keys nobody asked for.
 */
import * as z from "zod/mini";
import { unexpanded } from "./expand.ts";
import type { Field } from "./fields.ts";
import { ignoredKeys } from "./ignored.ts";
import type { Key, Keys, ValuesOf } from "./keys.ts";
import { nearest } from "../lib/nearest.ts";
import { kindOf } from "./kind.ts";
import { HIDDEN, isSecretKey, joinPath, type Report, show, showUnknownKey } from "./report.ts";

/** Where a section stands: `path` as the file has it, `pattern` with `*` for names that the file chooses. */
interface Place {
  readonly path: string;
  readonly pattern: string;
}

const ROOT: Place = { path: "", pattern: "" };

export class Section {
  readonly path: string;
  readonly #pattern: string;
  readonly #report: Report;
  readonly #values = new Map<string, unknown>();
  /** Keys that somebody asked for. */
  readonly #known = new Set<string>();
  readonly #children: Section[] = [];

  /** @param value A `Map`; nothing is an empty mapping, anything else is a problem. */
  constructor(value: unknown, report: Report, place: Place = ROOT) {
    this.path = place.path;
    this.#pattern = place.pattern;
    this.#report = report;
    if (value === null || value === undefined) return;
    if (!(value instanceof Map)) {
      // The value is not shown: indented wrongly, it may be a key's.
      report.problem(
        place.path || "the file",
        `${kindOf(value)} stands here; wanted a mapping (name: value)`,
      );
      return;
    }
    for (const [key, entry] of value) {
      if (typeof key === "object" && key !== null) {
        report.problem(place.path || "the file", `${kindOf(key)} is used as a key; wanted a text`);
      } else {
        this.#values.set(String(key), entry);
      }
    }
  }

  /** Whether the file sets the key; `null` is not set. */
  has(key: string): boolean {
    const value = this.#values.get(key);
    return value !== undefined && value !== null;
  }

  /** Whether there is nothing to read: the key is not set, or blank. */
  isMissing(key: string): boolean {
    const value = this.#values.get(key);
    return !this.has(key) || (typeof value === "string" && value.trim() === "");
  }

  /** Whether the file gives a mapping here. */
  isMapping(key: string): boolean {
    return this.#values.get(key) instanceof Map;
  }

  /** The keys as they stand in the file, for mappings where it chooses them freely. */
  keys(): string[] {
    return [...this.#values.keys()];
  }

  /** The value of `key`; undefined when it is not set or wrong, and then a problem is noted. */
  read<T>(key: string, field: Field<T>): T | undefined {
    this.#known.add(key);
    if (!this.has(key)) return undefined;
    return this.#check(this.pathOf(key), this.#values.get(key), field, isSecretKey(key));
  }

  /** The value of a key of a table, as it stands; undefined when it is not set, wrong or a blank text. */
  get<T>(key: Key<T>): T | undefined {
    const value = this.read(key.name, key.field);
    return typeof value === "string" && value.trim() === "" ? undefined : value;
  }

  /** The values of a whole table: those that the file sets, and the others' defaults. */
  all<K extends Keys>(keys: K): ValuesOf<K>;
  // The compiler cannot follow a loop over the keys, so it takes the signature above on trust.
  all(keys: Keys): object {
    const values: Record<string, unknown> = {};
    for (const [name, key] of Object.entries(keys)) {
      const value = (key.many ? this.list(key.name, key.field) : this.get(key)) ?? key.otherwise;
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  /** A list, or one value that stands for a list of one; entries that are empty or wrong are left out. */
  list<T>(key: string, field: Field<T>, secret = isSecretKey(key)): T[] | undefined {
    this.#known.add(key);
    if (!this.has(key)) return undefined;
    const value = this.#values.get(key);
    const path = this.pathOf(key);
    const found: T[] = [];
    const add = (entry: unknown, at: string): void => {
      const read = this.#check(at, entry, field, secret);
      if (read !== undefined) found.push(read);
    };
    if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) {
        if (entry !== null) add(entry, `${path}[${index}]`);
      }
    } else {
      add(value, path);
    }
    return found;
  }

  /** The mapping under `key`, empty when there is none. `alike`: the key whose ignored keys it shares. */
  section(key: string, alike = key): Section {
    this.#known.add(key);
    return this.#child(this.#values.get(key), this.pathOf(key), join(this.#pattern, alike));
  }

  /** The mapping under a key that the file chose. */
  entry(name: string): Section {
    this.#known.add(name);
    return this.#child(this.#values.get(name), this.pathOf(name), join(this.#pattern, "*"));
  }

  /** The mappings of a list. */
  items(key: string): Section[] {
    this.#known.add(key);
    if (!this.has(key)) return [];
    const value: unknown = this.#values.get(key);
    if (!Array.isArray(value)) {
      this.problem(key, `${kindOf(value)} stands here; wanted a list of mappings`);
      return [];
    }
    const pattern = join(this.#pattern, `${key}[]`);
    return value.map((item: unknown, index) => this.#child(item, `${this.pathOf(key)}[${index}]`, pattern));
  }

  /** Accepts a key without reading it; if the file sets it, a warning says why it has no effect. */
  skip(key: string, why: string): void {
    this.#known.add(key);
    if (this.has(key)) this.#report.warn(this.pathOf(key), `has no effect here: ${why}`);
  }

  /** Notes what is valid but can hardly be meant. `text` goes on after the path. */
  warn(key: string, text: string): void {
    this.#report.warn(this.pathOf(key), text);
  }

  /** Notes a problem with `key`, or with the section itself. */
  problem(key: string | undefined, text: string): void {
    this.#report.problem(key === undefined ? this.path : this.pathOf(key), text);
  }

  pathOf(key: string): string {
    return joinPath(this.path, key);
  }

  /** Call on the root when all is read: reports keys that nobody knows and warns of those without effect. */
  finish(): void {
    const ignored = ignoredKeys(this.#pattern);
    for (const key of this.#values.keys()) {
      if (this.#known.has(key)) continue;
      const instead = ignored.get(key);
      if (instead !== undefined) {
        this.#report.warn(this.pathOf(key), `has no effect here: ${instead}`);
      } else {
        const proposal = nearest(key, [...this.#known, ...ignored.keys()]);
        this.#unknown(showUnknownKey(key), proposal);
      }
    }
    for (const child of this.#children) child.finish();
  }

  #unknown(shown: string, proposal: string | undefined): void {
    const hint = proposal === undefined ? "" : `; the nearest valid key is ${JSON.stringify(proposal)}`;
    this.#report.problem(this.pathOf(shown), `the key ${JSON.stringify(shown)} is unknown${hint}`);
  }

  #child(value: unknown, path: string, pattern: string): Section {
    const child = new Section(value, this.#report, { path, pattern });
    this.#children.push(child);
    return child;
  }

  #check<T>(path: string, value: unknown, field: Field<T>, secret: boolean): T | undefined {
    const lost = typeof value === "string" && !field.reference && !secret ? unexpanded(value) : undefined;
    if (lost !== undefined) {
      this.#report.problem(path, lost);
      return undefined;
    }
    const result = z.safeParse(field.schema, value);
    if (result.success) return result.data;
    const hidden = secret || field.hidden;
    const shown = hidden ? HIDDEN : show(value);
    const hint = typeof value === "string" && !hidden ? field.hint?.(value) : undefined;
    this.#report.problem(path, `${shown} is not valid; wanted ${field.wanted}${hint ? `; ${hint}` : ""}`);
    return undefined;
  }
}

function join(pattern: string, key: string): string {
  return pattern === "" ? key : `${pattern}.${key}`;
}
