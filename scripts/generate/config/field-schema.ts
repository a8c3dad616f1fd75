/** From a key of the loader's tables to the JSON Schema of its value. */
import * as z from "zod/mini";
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
  const { $schema: _, ...schema } = z.toJSONSchema(field.schema, {
    io: "input",
    target: "draft-7",
    // JSON Schema has no flags.
    override: ({ zodSchema, jsonSchema }) => {
      const pattern = patternOf(zodSchema);
      if (pattern?.ignoreCase) jsonSchema.pattern = anyCase(pattern.source);
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return nullable(merged(schema));
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
  return writings(otherwise).find((text) => z.safeParse(field.schema, text).data === otherwise) ?? otherwise;
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

function patternOf(schema: z.core.$ZodType): RegExp | undefined {
  for (const check of schema._zod.def.checks ?? []) {
    const { def } = check._zod;
    if ("pattern" in def && def.pattern instanceof RegExp) return def.pattern;
  }
  return undefined;
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
  if (!Array.isArray(schema.anyOf)) return schema;
  const alternatives: JsonSchema[] = schema.anyOf;
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
