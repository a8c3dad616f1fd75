/** JSON Schemas for constrained decoding, which knows only a part of the standard. */
import type { JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";
import { referenceFinder } from "./schema/references.ts";

/**
 * What constrained decoding knows; anything else in a schema is a 400.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
const KEYWORDS: ReadonlySet<string> = new Set(
  "$defs $ref additionalProperties anyOf const default definitions description enum format items minItems properties required title type".split(
    " ",
  ),
);
const FORMATS: ReadonlySet<unknown> = new Set(
  "date date-time duration email hostname ipv4 ipv6 time uri uuid".split(" "),
);
const LOCAL_REF = /^#\/(?:\$defs|definitions)\/[^/]+$/;

interface Scope {
  readonly find: ReturnType<typeof referenceFinder>;
  readonly completes: boolean;
  /** What is being looked at: a schema that contains itself is outside the subset. */
  readonly open: Set<unknown>;
  readonly done: Set<unknown>;
  /** How many members may be left out, in all. */
  optional: number;
}

/** A live limit: more of them are a 400. */
const MOST_OPTIONAL = 10;

/**
 * The schema as constrained decoding takes it.
 * @param completes Whether objects that say nothing about further members are closed; else the schema has to do that
 *   itself, and to give every node a type.
 * @returns undefined for one outside the documented subset: recursion, references to other documents, numeric and
 *   length limits, objects open to further members, more than ten optional members, `allOf` (whose closed parts would exclude each
 *   other), a root that is no object.
 */
export function constrainableSchema(schema: JsonObject, completes = true): JsonObject | undefined {
  const { $schema: _dialect, ...root } = schema;
  if (root.type !== "object") return undefined;
  try {
    return closed(root, {
      find: referenceFinder(root),
      completes,
      open: new Set(),
      done: new Set(),
      optional: 0,
    });
  } catch (thrown) {
    if (thrown instanceof OutsideSubset) return undefined;
    throw thrown;
  }
}

class OutsideSubset extends Error {}

function closed(node: unknown, scope: Scope): JsonObject {
  if (!isObject(node)) throw new OutsideSubset();
  const members = Object.entries(node).map(([keyword, value]) => [keyword, member(keyword, value, scope)]);
  const open = isObjectType(node) && node.additionalProperties === undefined;
  if (!scope.completes && (open || !isTyped(node))) throw new OutsideSubset();
  scope.optional += optionalMembers(node);
  if (scope.optional > MOST_OPTIONAL) throw new OutsideSubset();
  return { ...Object.fromEntries(members), ...(open && { additionalProperties: false }) };
}

function optionalMembers({ properties, required }: JsonObject): number {
  if (!isObject(properties)) return 0;
  const needed = new Set<unknown>(Array.isArray(required) ? required : []);
  return Object.keys(properties).filter((name) => !needed.has(name)).length;
}

function isTyped(node: JsonObject): boolean {
  return ["type", "enum", "const", "$ref", "anyOf", "items", "properties"].some((keyword) => keyword in node);
}

function isObjectType({ type, properties }: JsonObject): boolean {
  return type === "object" || properties !== undefined || (Array.isArray(type) && type.includes("object"));
}

function member(keyword: string, value: unknown, scope: Scope): unknown {
  if (!KEYWORDS.has(keyword) || !holdsFor(keyword, value)) throw new OutsideSubset();
  if (keyword === "$ref") follow(String(value), scope);
  if (keyword === "items") return closed(value, scope);
  if (keyword === "anyOf") return Array.isArray(value) ? value.map((node) => closed(node, scope)) : value;
  if (!["properties", "$defs", "definitions"].includes(keyword) || !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner, scope)]));
}

/** Checks what a reference leads to. */
function follow(reference: string, scope: Scope): void {
  const target = scope.find(reference)?.schema;
  if (scope.done.has(target)) return;
  if (scope.open.has(target)) throw new OutsideSubset();
  scope.open.add(target);
  closed(target, scope);
  scope.open.delete(target);
  scope.done.add(target);
}

function holdsFor(keyword: string, value: unknown): boolean {
  if (keyword === "additionalProperties") return value === false;
  if (keyword === "minItems") return value === 0 || value === 1;
  if (keyword === "format") return FORMATS.has(value);
  if (keyword === "enum") return Array.isArray(value) && !value.some((one) => typeof one === "object" && one);
  if (keyword === "anyOf") return Array.isArray(value);
  return keyword !== "$ref" || (typeof value === "string" && LOCAL_REF.test(value));
}
