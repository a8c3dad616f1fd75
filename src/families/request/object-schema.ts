/**
 * The members that a JSON Schema for an object allows, for models whose tools know nothing else at the top level: local
 * references are put in place, and a union at the root becomes one object that every branch fits.
 */
import type { JsonObject } from "../../chat/request.ts";
import { asObject, isObject } from "../../lib/json.ts";

export interface ObjectSchema {
  /** JSON Schemas without references. */
  readonly properties: JsonObject;
  readonly required: readonly string[];
}

/** References that are followed: a few can make a tree far larger than the schema's text. */
const MAX_REFERENCES = 200;

/**
 * The schema of a tool's input, which is an object: what is no plain one at its root (a reference, a union) is put in
 * place, because many formats refuse it there; members without a value are left out.
 * @param schema A tool's `parameters` or the schema of a `response_format`.
 */
export function inputSchema(schema: JsonObject): JsonObject {
  const present = Object.entries(schema).filter(([, value]) => value !== null && value !== undefined);
  const { $schema: _dialect, $ref, anyOf, oneOf, allOf, ...rest } = Object.fromEntries(present);
  const plain = [$ref, anyOf, oneOf, allOf].every((keyword) => keyword === undefined);
  return { ...rest, ...(plain ? { type: "object" } : flatInputSchema(schema)) };
}

/** The same for formats that take only `type`, `properties` and `required` at the top. */
export function flatInputSchema(schema: JsonObject): JsonObject {
  const { properties, required } = objectSchema(schema);
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

/** @param schema A tool's `parameters` or the schema of a `response_format`. */
export function objectSchema(schema: JsonObject): ObjectSchema {
  const whole = asObject(inlined(schema, { root: schema, open: new Set(), references: 0 })) ?? {};
  return membersOf(whole);
}

interface Scope {
  readonly root: JsonObject;
  /** Targets of the references that are being followed: a schema that contains itself ends there. */
  readonly open: Set<JsonObject>;
  references: number;
}

function inlined(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((entry) => inlined(entry, scope));
  if (!isObject(value)) return value;
  const { $ref, ...own } = value;
  // A property may be called `$ref`; then its value is a schema.
  if (typeof $ref !== "string") return eachMember(value, scope);
  const target = lookUp($ref, scope.root);
  const rest = eachMember(own, scope);
  scope.references += 1;
  if (target === undefined || scope.references > MAX_REFERENCES) return rest;
  if (scope.open.has(target)) return { ...(target.type !== undefined && { type: target.type }), ...rest };
  scope.open.add(target);
  const whole = asObject(inlined(target, scope));
  scope.open.delete(target);
  return { ...whole, ...rest };
}

function eachMember(node: JsonObject, scope: Scope): JsonObject {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inlined(value, scope)]));
}

/** What a local reference (`#/$defs/Name`) points to; undefined for other documents. */
export function lookUp(reference: string, root: JsonObject): JsonObject | undefined {
  if (!reference.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(1).split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return asObject(at);
}

function membersOf(node: JsonObject): ObjectSchema {
  let whole: ObjectSchema = { properties: asObject(node.properties) ?? {}, required: names(node.required) };
  for (const union of ["allOf", "anyOf", "oneOf"]) {
    const branches = node[union];
    if (!Array.isArray(branches)) continue;
    const objects = branches.filter(isObject).filter(isObjectSchema).map(membersOf);
    if (objects.length > 0) whole = merged(whole, objects, union === "allOf");
  }
  return whole;
}

/** Branches that are no objects (`{"type":"null"}`) say nothing about an object's members. */
function isObjectSchema(node: JsonObject): boolean {
  return ["properties", "allOf", "anyOf", "oneOf"].some((key) => key in node) || node.type === "object";
}

/** @param all Whether every branch holds (`allOf`) or any of them. */
function merged(base: ObjectSchema, branches: readonly ObjectSchema[], all: boolean): ObjectSchema {
  const properties = new Map(Object.entries(base.properties));
  for (const branch of branches) {
    for (const [name, schema] of Object.entries(branch.properties)) {
      properties.set(name, properties.has(name) ? either(properties.get(name), schema) : schema);
    }
  }
  const lists = branches.map(({ required }) => required);
  const shared = all ? lists.flat() : (lists[0] ?? []).filter((name) => lists.every((l) => l.includes(name)));
  return {
    properties: Object.fromEntries(properties),
    required: [...new Set([...base.required, ...shared])],
  };
}

function either(first: unknown, second: unknown): unknown {
  return JSON.stringify(first) === JSON.stringify(second) ? first : { anyOf: [first, second] };
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
