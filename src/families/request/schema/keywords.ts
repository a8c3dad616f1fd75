/**
 * The keywords of JSON Schema as data: what each may hold, and how what older drafts and sloppy servers write is said in
 * draft 2020-12, against which models check. What cannot be valid is left out, so that more is accepted, never less.
 * https://json-schema.org/draft/2020-12/json-schema-validation
 */
import { isExactNumber, plainNumber } from "../../../lib/exact-json.ts";
import { isObject, type JsonObject } from "../../../lib/json.ts";

/** Where further schemas stand in a keyword's value. */
export type Nesting = "schema" | "list" | "map";

function each<V>(value: V, words: string): (readonly [string, V])[] {
  return words.split(" ").map((word) => [word, value] as const);
}

export const NESTING: ReadonlyMap<string, Nesting> = new Map<string, Nesting>([
  ...each<Nesting>("list", "allOf anyOf oneOf prefixItems"),
  ...each<Nesting>("map", "$defs definitions dependentSchemas patternProperties properties"),
  ...each<Nesting>(
    "schema",
    "additionalProperties contains contentSchema else if items not propertyNames then unevaluatedItems unevaluatedProperties",
  ),
]);

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" || isExactNumber(value);
const isCount: Check = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isFlag: Check = (value) => typeof value === "boolean";
const isList: Check = (value) => Array.isArray(value) && value.length > 0;
const anything: Check = () => true;

/** What the other keywords may hold; keywords that stand nowhere may hold anything but null. */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ...each(anything, "const default"),
  ...each(isText, "$comment $ref contentEncoding contentMediaType description format title"),
  ...each(isFlag, "deprecated readOnly uniqueItems writeOnly"),
  ...each(
    isCount,
    "maxContains maxItems maxLength maxProperties minContains minItems minLength minProperties",
  ),
  ...each(isNumber, "exclusiveMaximum exclusiveMinimum maximum minimum"),
  ["multipleOf", (value: unknown) => (plainNumber(value) ?? 0) > 0],
  ["pattern", isPattern],
  ["enum", isList],
  ["examples", Array.isArray],
]);

/** What names a schema or its dialect: references are written anew, and a name inside would change what they lead to. */
const NAMES: ReadonlySet<string> = new Set(
  "$anchor $dynamicAnchor $id $recursiveAnchor $schema $vocabulary id".split(" "),
);

const TYPES: ReadonlySet<string> = new Set("array boolean integer null number object string".split(" "));
/** What servers write instead, in any case. */
const OTHER_TYPES: ReadonlyMap<string, string> = new Map([
  ...each("boolean", "bool"),
  ...each("integer", "int int32 int64 long"),
  ...each("number", "decimal double float"),
  ...each("string", "str text"),
  ...each("object", "dict map"),
  ...each("array", "list"),
]);

/** Keywords whose loss makes a schema accept no more. */
const SAYS_NOTHING: ReadonlySet<string> = new Set("$comment $defs definitions examples".split(" "));

/** Keywords that only describe: they hold beside a reference in every draft, and the nearer ones count. */
export const ANNOTATIONS: ReadonlySet<string> = new Set(
  "$comment contentEncoding contentMediaType default deprecated description examples format readOnly title writeOnly".split(
    " ",
  ),
);

export interface ModernSchema {
  /** A boolean for a schema that is one. */
  readonly schema: JsonObject | boolean;
  /** Whether something went that no keyword can say, so that the schema may accept more than was meant. */
  readonly lost: boolean;
}

/**
 * One schema's keywords as draft 2020-12 writes them; the schemas inside are not looked into.
 * @param value What stands where a schema should: servers also write a type's name or null there.
 */
export function modernSchema(value: unknown): ModernSchema {
  if (typeof value === "boolean") return { schema: value, lost: false };
  if (!isObject(value)) {
    const schema = typeof value === "string" ? typeField(value) : {};
    return { schema, lost: schema.type === undefined };
  }
  const written: JsonObject = {
    ...typeField(value.type),
    ...limits(value),
    ...lists(value),
    ...members(value),
    ...dependents(value),
    ...referenceField(value),
  };
  const entries = Object.entries(value);
  const own = entries.flatMap(([keyword, inner]): [string, unknown][] => {
    // In the client's order, which models read.
    if (Object.hasOwn(written, keyword)) return [[keyword, written[keyword]]];
    return !REWRITTEN.has(keyword) && mayHold(keyword, inner) ? [[keyword, inner]] : [];
  });
  const schema = { ...Object.fromEntries(own), ...written };
  const lost = entries.some(([keyword, inner]) => isLost(keyword, inner, schema));
  return { schema, lost };
}

/** Whether a keyword that limits something is gone. */
function isLost(keyword: string, value: unknown, schema: JsonObject): boolean {
  if (Object.hasOwn(schema, keyword) || value === null || SAYS_NOTHING.has(keyword)) return false;
  if (keyword === "type") return value !== "any";
  // Said with another keyword.
  if (keyword === "items" && Array.isArray(value)) return false;
  if (/^m(?:in|ax)imum$/.test(keyword) && isNumber(value)) return false;
  if (keyword.startsWith("exclusive") && value === false) return false;
  return CHECKS.has(keyword) || NESTING.has(keyword);
}

function mayHold(keyword: string, value: unknown): boolean {
  if (NAMES.has(keyword)) return false;
  const check = CHECKS.get(keyword);
  if (check !== undefined) return check(value);
  switch (NESTING.get(keyword)) {
    case "list":
      return isList(value);
    case "map":
      return isObject(value);
    case "schema":
      return isSchemaLike(value);
    default:
      return value !== null && value !== undefined;
  }
}

function isSchemaLike(value: unknown): boolean {
  return isObject(value) || typeof value === "boolean" || typeof value === "string";
}

/** Keywords that are put together from several, or from what older drafts write. */
const REWRITTEN: ReadonlySet<string> = new Set(
  "$dynamicRef $recursiveRef $ref additionalItems dependencies dependentRequired dependentSchemas exclusiveMaximum exclusiveMinimum items maximum minimum prefixItems properties required type".split(
    " ",
  ),
);

/** `type`, where it says something that is true of some values only. */
function typeField(value: unknown): JsonObject {
  const types = [value].flat().map(typeName);
  // Of a list with an unknown name nobody knows what it leaves out.
  if (types.length === 0 || types.includes(undefined)) return {};
  const [only, ...more] = new Set(types);
  return { type: more.length === 0 ? only : [only, ...more] };
}

function typeName(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const name = value.toLowerCase();
  return TYPES.has(name) ? name : OTHER_TYPES.get(name);
}

/** Draft 4 says with a boolean that a limit itself is excluded. */
function limits(value: JsonObject): JsonObject {
  const fields: JsonObject = {};
  for (const side of ["Minimum", "Maximum"]) {
    const [plain, exclusive] = [side.toLowerCase(), `exclusive${side}`];
    const [limit, excluded] = [value[plain], value[exclusive]];
    if (isNumber(limit)) fields[excluded === true ? exclusive : plain] = limit;
    if (isNumber(excluded)) fields[exclusive] = excluded;
  }
  return fields;
}

/** Up to 2019-09 a list of `items` is what `prefixItems` is now, and `additionalItems` what `items` is. */
function lists(value: JsonObject): JsonObject {
  const { items, additionalItems, prefixItems } = value;
  const tuple = Array.isArray(items);
  const [head, rest] = tuple ? [items, additionalItems] : [prefixItems, items];
  return {
    ...(isList(head) && { prefixItems: head }),
    ...(isSchemaLike(rest) && { items: rest }),
  };
}

/** `properties`, and which of them have to be there: draft 3 says so at the property itself. */
function members({ properties, required }: JsonObject): JsonObject {
  const entries = isObject(properties) ? Object.entries(properties) : [];
  const names = [
    ...texts(required),
    ...entries.filter(([, member]) => isObject(member) && member.required === true).map(([name]) => name),
  ];
  return {
    // An empty list is PHP's empty object.
    ...(properties !== undefined && properties !== null && { properties: Object.fromEntries(entries) }),
    ...(names.length > 0 && { required: [...new Set(names)] }),
  };
}

/** Up to draft 7 `dependencies` are both, names or a schema. */
function dependents({ dependencies, dependentRequired, dependentSchemas }: JsonObject): JsonObject {
  const entries = [dependencies, dependentRequired, dependentSchemas].flatMap((map) =>
    isObject(map) ? Object.entries(map) : [],
  );
  const names = entries.flatMap(([name, value]) => (isList(value) ? [[name, texts(value)]] : []));
  const schemas = entries.filter(([, value]) => isObject(value) || typeof value === "boolean");
  return {
    ...(names.length > 0 && { dependentRequired: Object.fromEntries(names) }),
    ...(schemas.length > 0 && { dependentSchemas: Object.fromEntries(schemas) }),
  };
}

/** The texts of a list, each once. */
function texts(value: unknown): string[] {
  return Array.isArray(value) ? [...new Set(value.filter((entry) => typeof entry === "string"))] : [];
}

function referenceField({ $ref, $dynamicRef, $recursiveRef }: JsonObject): JsonObject {
  const reference = [$ref, $dynamicRef, $recursiveRef].find(isText);
  return reference === undefined ? {} : { $ref: reference };
}

/** The longest pattern that is tried. */
const LONGEST_PATTERN = 4096;

function isPattern(value: unknown): boolean {
  if (typeof value !== "string" || value.length > LONGEST_PATTERN) return false;
  return compiles(value, "u") || compiles(value, "");
}

function compiles(pattern: string, flags: string): boolean {
  try {
    new RegExp(pattern, flags);
    return true;
  } catch {
    return false;
  }
}
