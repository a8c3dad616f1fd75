/** Values that satisfy a JSON Schema, with strings taken from the user's question where that is plausible. */
import { isObject, type JsonObject, objectsIn, stringsIn } from "../json.ts";
import { arithmeticIn } from "./skills.ts";

/** What a value may be made from. */
export interface Source {
  readonly question: string;
  /** The name to use for places, people and things, e.g. the last capitalised word of the question. */
  readonly subject: string;
}

// Schemas may refer to themselves; below this only what is required is made, and lists are empty.
const DEEPEST = 6;
const WHOLE_QUESTION = /^(query|question|prompt|text|message|content|task|input|command|description)$/i;
const EXPRESSION = /^(expression|formula|calculation)$/i;

/** Where a schema stands. */
interface At {
  /** Where its `$ref`s point into. */
  readonly root: unknown;
  /** Of the member that it describes; empty at the root. */
  readonly name: string;
  readonly depth: number;
}

/** A value for `schema`. */
export function synthesise(
  schema: unknown,
  source: Source,
  at: At = { root: schema, name: "", depth: 0 },
): unknown {
  if (!isObject(schema)) return source.subject;
  const resolved = resolve(schema, at.root);
  if ("const" in resolved) return resolved.const;
  if (Array.isArray(resolved.enum)) return chooseEnum(resolved.enum, source.question);
  switch (typeOf(resolved)) {
    case "object":
      return makeObject(resolved, source, at);
    case "array":
      return makeArray(resolved, source, at);
    case "integer":
    case "number":
      return makeNumber(resolved, source.question);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return makeString(resolved, source, at.name);
  }
}

/** Follows `$ref`, takes the first branch of a union that is not null, and merges `allOf`. */
function resolve(schema: JsonObject, root: unknown, hops = 0): JsonObject {
  if (hops > DEEPEST) return schema;
  const reference = schema.$ref;
  if (typeof reference === "string") return resolve(lookUp(reference, root), root, hops + 1);
  const branches = objectsIn(schema.anyOf ?? schema.oneOf);
  const branch = branches.find((candidate) => candidate.type !== "null") ?? branches[0];
  const { anyOf: _anyOf, oneOf: _oneOf, allOf: _allOf, ...own } = schema;
  const parts = [...objectsIn(schema.allOf), ...(branch ? [branch] : [])];
  return parts.reduce<JsonObject>((whole, part) => merge(whole, resolve(part, root, hops + 1)), own);
}

function merge(left: JsonObject, right: JsonObject): JsonObject {
  const properties = { ...asProperties(left), ...asProperties(right) };
  const required = [...stringsIn(left.required), ...stringsIn(right.required)];
  return {
    ...left,
    ...right,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}

function lookUp(reference: string, root: unknown): JsonObject {
  let at: unknown = root;
  for (const part of reference.replace(/^#\/?/, "").split("/")) {
    if (part !== "" && isObject(at)) at = at[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return isObject(at) ? at : {};
}

function asProperties(schema: JsonObject): JsonObject {
  return isObject(schema.properties) ? schema.properties : {};
}

function typeOf(schema: JsonObject): unknown {
  const type = schema.type;
  if (Array.isArray(type)) return type.find((candidate) => candidate !== "null") ?? "null";
  if (type !== undefined) return type;
  if ("properties" in schema || "required" in schema) return "object";
  return "items" in schema ? "array" : "string";
}

function chooseEnum(values: readonly unknown[], question: string): unknown {
  const spoken = question.toLowerCase();
  const named = values.find(
    (value) => typeof value === "string" && value !== "" && spoken.includes(value.toLowerCase()),
  );
  return named ?? values.find((value) => value !== null) ?? values[0] ?? null;
}

/** Required members; where nothing is required, the first one, so that a call says something. */
function makeObject(schema: JsonObject, source: Source, { root, depth }: At): JsonObject {
  const properties = asProperties(schema);
  const required = stringsIn(schema.required);
  const names = required.length > 0 || depth > 0 ? required : Object.keys(properties).slice(0, 1);
  return Object.fromEntries(
    names.map((name) => [name, synthesise(properties[name], source, { root, name, depth: depth + 1 })]),
  );
}

function makeArray(schema: JsonObject, source: Source, { root, name, depth }: At): unknown[] {
  const least = numberIn(schema, "minItems") ?? 0;
  const most = numberIn(schema, "maxItems") ?? Number.POSITIVE_INFINITY;
  const length = Math.min(Math.max(least, depth < DEEPEST ? 1 : 0), most);
  return Array.from({ length }, () => synthesise(schema.items, source, { root, name, depth: depth + 1 }));
}

/** A number from the question if it is allowed, else the smallest allowed one that is at least 1. */
function makeNumber(schema: JsonObject, question: string): number {
  const step = numberIn(schema, "multipleOf") ?? (typeOf(schema) === "integer" ? 1 : 0);
  const above = numberIn(schema, "exclusiveMinimum");
  const below = numberIn(schema, "exclusiveMaximum");
  const least = numberIn(schema, "minimum") ?? (above === undefined ? undefined : above + (step || 0.5));
  const most = numberIn(schema, "maximum") ?? (below === undefined ? undefined : below - (step || 0.5));
  const fits = (value: number): boolean =>
    value >= (least ?? value) && value <= (most ?? value) && (step === 0 || Number.isInteger(value / step));
  const spoken = Number(/-?\d+(?:\.\d+)?/.exec(question)?.[0] ?? Number.NaN);
  if (fits(spoken)) return spoken;
  const preferred = Math.min(Math.max(1, least ?? 1), most ?? Number.POSITIVE_INFINITY);
  if (step === 0) return preferred;
  const up = Math.ceil(preferred / step) * step;
  return fits(up) ? up : Math.floor(preferred / step) * step;
}

const FORMATS: ReadonlyMap<unknown, string> = new Map(
  Object.entries({
    "date-time": "2025-01-01T12:00:00Z",
    date: "2025-01-01",
    time: "12:00:00Z",
    duration: "PT1H",
    email: "someone@example.com",
    hostname: "example.com",
    ipv4: "192.0.2.1",
    ipv6: "2001:db8::1",
    uri: "https://example.com/",
    url: "https://example.com/",
    uuid: "00000000-0000-4000-8000-000000000000",
  }),
);

function makeString(schema: JsonObject, source: Source, name: string): string {
  const formatted = FORMATS.get(schema.format);
  if (formatted !== undefined) return formatted;
  const arithmetic = EXPRESSION.test(name) ? arithmeticIn(source.question) : undefined;
  const value = arithmetic ?? (WHOLE_QUESTION.test(name) ? source.question : source.subject);
  const least = numberIn(schema, "minLength") ?? 0;
  const most = numberIn(schema, "maxLength") ?? Number.POSITIVE_INFINITY;
  const points = [...value.padEnd(least, "x")];
  // JSON Schema counts code points, padEnd UTF-16 units.
  while (points.length < least) points.push("x");
  return points.slice(0, most).join("");
}

function numberIn(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === "number" ? value : undefined;
}
