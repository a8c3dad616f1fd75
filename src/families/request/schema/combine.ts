/** Schemas put together: what fits both of two, or any of several. */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { ANNOTATIONS } from "./keywords.ts";

/** A schema as draft 2020-12 has it. */
export type Schema = JsonObject | boolean;

export function isSchema(value: unknown): value is Schema {
  return isObject(value) || typeof value === "boolean";
}

/** Keywords that mean something only together: those of two schemas must not mix. */
const GROUPS: readonly ReadonlySet<string>[] = [
  new Set(["contains", "maxContains", "minContains"]),
  new Set(["else", "if", "then"]),
  new Set(["items", "prefixItems", "unevaluatedItems"]),
  new Set(["additionalProperties", "patternProperties", "properties", "unevaluatedProperties"]),
];

/**
 * A schema for what fits both.
 * @param second Its descriptions count, and it may close what the first one opens (`unevaluatedProperties`).
 */
export function both(first: Schema, second: Schema): Schema {
  if (first === true || isEmpty(first)) return second;
  if (second === true || isEmpty(second)) return first;
  if (first === false || second === false) return false;
  if (!Object.keys(second).some((keyword) => clashes(keyword, first, second))) return { ...first, ...second };
  const words = Object.entries(first).filter(([keyword]) => ANNOTATIONS.has(keyword));
  const rules = Object.entries(first).filter(([keyword]) => !ANNOTATIONS.has(keyword));
  const more = Array.isArray(second.allOf) ? second.allOf : [];
  return { ...Object.fromEntries(words), ...second, allOf: [Object.fromEntries(rules), ...more] };
}

function isEmpty(schema: Schema): boolean {
  return isObject(schema) && Object.keys(schema).length === 0;
}

function clashes(keyword: string, first: JsonObject, second: JsonObject): boolean {
  if (ANNOTATIONS.has(keyword)) return false;
  if (Object.hasOwn(first, keyword)) return textOf(first[keyword]) !== textOf(second[keyword]);
  const group = GROUPS.find((words) => words.has(keyword));
  return group !== undefined && Object.keys(first).some((other) => group.has(other));
}

/** A schema for what fits any: one flat list without repeats, or one list of values where each stands for some. */
export function either(schemas: readonly Schema[]): Schema {
  const flat = schemas.flatMap((schema) => (isAnyOf(schema) ? schema.anyOf : [schema]));
  if (flat.includes(true)) return true;
  const distinct = [
    ...new Map(flat.filter((schema) => schema !== false).map((schema) => [textOf(schema), schema])).values(),
  ];
  const [only, ...more] = distinct;
  if (only === undefined) return false;
  if (more.length === 0) return only;
  return enumeration(distinct) ?? { anyOf: distinct };
}

function isAnyOf(schema: Schema): schema is { anyOf: Schema[] } {
  return isObject(schema) && Array.isArray(schema.anyOf) && Object.keys(schema).length === 1;
}

/** One `enum`, where every schema is no more than a type and its values. */
function enumeration(schemas: readonly Schema[]): Schema | undefined {
  const values: unknown[] = [];
  const types = new Set<string>();
  for (const schema of schemas) {
    if (!isObject(schema)) return undefined;
    const { type, const: value, enum: list, ...more } = schema;
    const own = Array.isArray(list) ? list : "const" in schema ? [value] : undefined;
    if (own === undefined || (Array.isArray(list) && "const" in schema)) return undefined;
    if (Object.keys(more).length > 0) return undefined;
    types.add(textOf(type));
    values.push(...own);
  }
  const distinct = [...new Map(values.map((value) => [textOf(value), value])).values()];
  const [first] = schemas;
  const type = types.size === 1 && isObject(first) && first.type !== undefined ? { type: first.type } : {};
  return { ...type, enum: distinct };
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "";
}
