/** JSON Schemas for constrained decoding, which knows only a part of the standard. */
import type { JsonObject } from "../openai/types.ts";
import { isObject } from "./json.ts";

/**
 * What constrained decoding knows; anything else in a schema is a 400.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...["$defs", "$ref", "additionalProperties", "anyOf", "const", "default", "definitions", "description"],
  ...["enum", "format", "items", "minItems", "properties", "required", "title", "type"],
]);
const LOCAL_REF = /^#\/(?:\$defs|definitions)\/([^/]+)$/;

/**
 * The schema as constrained decoding takes it: objects that say nothing about further members are closed.
 * @returns undefined for one outside the documented subset: recursion, references to other documents, numeric and
 *   length limits, objects open to further members, a root that is no object.
 */
export function constrainableSchema(schema: JsonObject): JsonObject | undefined {
  const { $schema: _dialect, ...root } = schema;
  if (root.type !== "object" || recurses(root)) return undefined;
  try {
    return closed(root);
  } catch (thrown) {
    if (thrown instanceof OutsideSubset) return undefined;
    throw thrown;
  }
}

class OutsideSubset extends Error {}

function closed(node: unknown): JsonObject {
  if (!isObject(node)) throw new OutsideSubset();
  const members = Object.entries(node).map(([keyword, value]) => [keyword, member(keyword, value)]);
  const opened = node.type === "object" && node.additionalProperties === undefined;
  return { ...Object.fromEntries(members), ...(opened && { additionalProperties: false }) };
}

function member(keyword: string, value: unknown): unknown {
  const holds = KEYWORDS.has(keyword) && holdsFor(keyword, value);
  if (!holds) throw new OutsideSubset();
  if (keyword === "items") return closed(value);
  if (keyword === "anyOf") return Array.isArray(value) ? value.map(closed) : value;
  if (!["properties", "$defs", "definitions"].includes(keyword) || !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]));
}

function holdsFor(keyword: string, value: unknown): boolean {
  if (keyword === "additionalProperties") return value === false;
  if (keyword === "minItems") return value === 0 || value === 1;
  if (keyword === "anyOf") return Array.isArray(value);
  return keyword !== "$ref" || (typeof value === "string" && LOCAL_REF.test(value));
}

/** Whether some definition leads back to itself. */
function recurses(root: JsonObject): boolean {
  const definitions = new Map<string, unknown>();
  for (const section of [root.$defs, root.definitions]) {
    if (isObject(section)) for (const [name, value] of Object.entries(section)) definitions.set(name, value);
  }
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): boolean => {
    if (path.includes(name)) return true;
    if (done.has(name)) return false;
    done.add(name);
    return referencesIn(definitions.get(name)).some((next) => visit(next, [...path, name]));
  };
  return [...definitions.keys()].some((name) => visit(name, []));
}

function referencesIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(referencesIn);
  if (!isObject(node)) return [];
  const own = typeof node.$ref === "string" ? LOCAL_REF.exec(node.$ref)?.[1] : undefined;
  return [...(own === undefined ? [] : [own]), ...Object.values(node).flatMap(referencesIn)];
}
