/** From a key of the loader's tables to the JSON Schema of its value. */
import type { Field } from "../../../src/config/fields.ts";
import type { Key } from "../../../src/config/keys.ts";
import { DESCRIPTIONS, type Description } from "./descriptions.ts";

/** Draft-07, which editors know best. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const used = new Set<string>();

/** The words for a path. Throws when there are none, so that no key stays without. */
export function describe(path: string): Description {
  const found = DESCRIPTIONS[path];
  if (found === undefined) throw new Error(`scripts/generate/config/descriptions.ts says nothing of ${path}`);
  used.add(path);
  return found;
}

/** Words for keys that nobody asked for: the key is gone. */
export function unusedDescriptions(): string[] {
  return Object.keys(DESCRIPTIONS).filter((path) => !used.has(path));
}

/** What a value of this kind looks like in the file; nothing at all is never wrong. */
export function fieldSchema(field: Field<unknown>): JsonSchema {
  return nullable(merged(field.form.schema));
}

/** A form's keywords as JSON Schema has them, which knows no flags of a pattern. */
function written(form: JsonSchema): JsonSchema {
  const { pattern, maximum, ...rest } = form;
  return {
    ...rest,
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    ...(pattern instanceof RegExp && {
      pattern: pattern.ignoreCase ? anyCase(pattern.source) : pattern.source,
    }),
  };
}

/** The schema of a key, with its description, default and examples. `refinement`: what the loader checks beyond the field. */
export function keySchema(path: string, key: Key<unknown, unknown>, refinement: JsonSchema = {}): JsonSchema {
  const plain = { ...fieldSchema(key.field), ...refinement };
  // Editors show it in place of the pattern.
  const field = {
    ...plain,
    ...("pattern" in plain && { patternErrorMessage: `Wanted ${key.field.wanted}.` }),
  };
  const value = defaultOf(key);
  return {
    ...documented(path),
    ...(key.many ? oneOrMany(field) : field),
    ...(value !== undefined && { default: value }),
  };
}

/** Description and examples for a path, as keywords. */
export function documented(path: string): JsonSchema {
  const { text, examples, otherwise } = describe(path);
  return {
    description: otherwise === undefined ? text : `${text} Default: ${otherwise}.`,
    ...(examples && { examples }),
  };
}

/** A list of such values, or one that stands for a list of one. */
export function oneOrMany(item: JsonSchema): JsonSchema {
  return { ...item, type: [...typesOf(item), "array"], items: item };
}

/** The default as one would write it: `7d` rather than 604800000. */
export function defaultOf({ field, otherwise }: Key<unknown, unknown>): unknown {
  if (typeof otherwise !== "number") return otherwise;
  return writings(otherwise).find((text) => field.form.read(text) === otherwise) ?? otherwise;
}

const UNITS: readonly (readonly [unit: string, amount: number])[] = [
  ["MiB", 2 ** 20],
  ["d", 86_400_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

function writings(value: number): string[] {
  return UNITS.filter(([, amount]) => value % amount === 0).map(
    ([unit, amount]) => `${value / amount}${unit}`,
  );
}

/** A pattern that needs no flag `i`. Knows no character classes in brackets. */
export function anyCase(source: string): string {
  if (source.includes("[")) throw new Error(`cannot make /${source}/ match in any case`);
  return source.replace(/\\.|[a-z]/gi, (found) =>
    found.startsWith("\\") ? found : `[${found.toLowerCase()}${found.toUpperCase()}]`,
  );
}

/** Alternatives of different types in one: each keyword is about one type only, and editors word problems better. */
function merged(schema: JsonSchema): JsonSchema {
  if (!Array.isArray(schema.anyOf)) return written(schema);
  const alternatives: JsonSchema[] = schema.anyOf.map(written);
  return Object.assign({}, ...alternatives, { type: alternatives.flatMap(typesOf) });
}

/** The same, and null, which is as good as not set. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { enum: choices } = schema;
  return {
    ...schema,
    type: [...typesOf(schema), "null"],
    ...(Array.isArray(choices) && { enum: [...choices, null] }),
  };
}

function typesOf({ type }: JsonSchema): unknown[] {
  return Array.isArray(type) ? type : [type];
}
