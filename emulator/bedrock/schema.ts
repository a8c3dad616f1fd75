/**
 * The check of a request body against a schema, with the wording of the JSON Schema validator that Bedrock runs before
 * the model: `#/temperature: expected type: Number, found: String`, `#: extraneous key [n] is not permitted`.
 */
import { isObject, type JsonObject } from "../json.ts";

export type Shape =
  | { readonly kind: "any" | "string" | "boolean" | "anyObject" }
  | { readonly kind: "number" | "integer"; readonly min?: number; readonly max?: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "object"; readonly required: Fields; readonly optional: Fields }
  /** An object with exactly one of these members. */
  | { readonly kind: "union"; readonly members: Fields }
  /** Objects told apart by their `type`. */
  | { readonly kind: "tagged"; readonly shapes: Readonly<Record<string, Shape>> }
  /** A tool: the client's own, or one whose `type` names it. */
  | { readonly kind: "toolOr"; readonly custom: Shape; readonly typed: Readonly<Record<string, Shape>> }
  /** A string, or something else. */
  | { readonly kind: "stringOr"; readonly other: Shape };

export type Fields = Readonly<Record<string, Shape>>;

export const ANY: Shape = { kind: "any" };
export const STRING: Shape = { kind: "string" };
export const BOOLEAN: Shape = { kind: "boolean" };
export const ANY_OBJECT: Shape = { kind: "anyObject" };

/** A list of `of`. */
export function list(of: Shape): Shape {
  return { kind: "list", of };
}

/** An object with these members and no others. */
export function object(required: Fields, optional: Fields = {}): Shape {
  return { kind: "object", required, optional };
}

/** An object with exactly one of these members. */
export function union(members: Fields): Shape {
  return { kind: "union", members };
}

/** One of these strings. */
export function oneOf(...values: string[]): Shape {
  return { kind: "enum", values };
}

/** Everything that is wrong with `value`, in order; empty when it fits. `pointer` is where it stands, from `#`. */
export function violations(value: unknown, shape: Shape, pointer = "#"): string[] {
  switch (shape.kind) {
    case "any":
      return [];
    case "string":
      return typeof value === "string" ? [] : [wrongType(pointer, "String", value)];
    case "boolean":
      return typeof value === "boolean" ? [] : [wrongType(pointer, "Boolean", value)];
    case "anyObject":
      return isObject(value) ? [] : [wrongType(pointer, "JSONObject", value)];
    case "number":
    case "integer":
      return numberViolations(value, shape, pointer);
    case "enum":
      if (typeof value !== "string") return [wrongType(pointer, "String", value)];
      return shape.values.includes(value) ? [] : [`${pointer}: ${value} is not a valid enum value`];
    case "list":
      if (!Array.isArray(value)) return [wrongType(pointer, "JSONArray", value)];
      return value.flatMap((entry, index) => violations(entry, shape.of, `${pointer}/${index}`));
    case "object":
      return isObject(value)
        ? memberViolations(value, shape, pointer)
        : [wrongType(pointer, "JSONObject", value)];
    case "union":
      return unionViolations(value, shape.members, pointer);
    case "tagged":
      return taggedViolations(value, shape.shapes, pointer);
    case "toolOr": {
      const type = isObject(value) && typeof value.type === "string" ? value.type : "custom";
      if (type === "custom") return violations(value, shape.custom, pointer);
      const typed = Object.hasOwn(shape.typed, type) ? shape.typed[type] : undefined;
      return typed
        ? violations(value, typed, pointer)
        : [`${pointer}/type: tool type '${type}' is not supported for this model`];
    }
    case "stringOr":
      return typeof value === "string" ? [] : violations(value, shape.other, pointer);
  }
}

function numberViolations(
  value: unknown,
  shape: Shape & { kind: "number" | "integer" },
  pointer: string,
): string[] {
  const whole = shape.kind === "integer";
  if (typeof value !== "number" || (whole && !Number.isInteger(value))) {
    return [wrongType(pointer, whole ? "Integer" : "Number", value)];
  }
  if (shape.min !== undefined && value < shape.min) {
    return [`${pointer}: ${value} is not greater or equal to ${shape.min}`];
  }
  if (shape.max !== undefined && value > shape.max) {
    return [`${pointer}: ${value} is not less or equal to ${shape.max}`];
  }
  return [];
}

function memberViolations(value: JsonObject, shape: Shape & { kind: "object" }, pointer: string): string[] {
  const known: Fields = { ...shape.required, ...shape.optional };
  const missing = Object.keys(shape.required).filter((key) => !(key in value));
  const found = Object.entries(value).flatMap(([key, member]) => {
    const expected = Object.hasOwn(known, key) ? known[key] : undefined;
    if (!expected) return [`${pointer}: extraneous key [${key}] is not permitted`];
    return violations(member, expected, `${pointer}/${key}`);
  });
  return [...missing.map((key) => `${pointer}: required key [${key}] not found`), ...found];
}

function unionViolations(value: unknown, members: Fields, pointer: string): string[] {
  const found = violations(value, { kind: "object", required: {}, optional: members }, pointer);
  if (found.length > 0 || !isObject(value) || Object.keys(value).length === 1) return found;
  return [`${pointer}: exactly one of [${Object.keys(members).join(", ")}] is expected`];
}

function taggedViolations(
  value: unknown,
  shapes: Readonly<Record<string, Shape>>,
  pointer: string,
): string[] {
  if (!isObject(value)) return [wrongType(pointer, "JSONObject", value)];
  const tag = value.type;
  if (tag === undefined) return [`${pointer}: required key [type] not found`];
  if (typeof tag !== "string") return [wrongType(`${pointer}/type`, "String", tag)];
  const shape = Object.hasOwn(shapes, tag) ? shapes[tag] : undefined;
  return shape ? violations(value, shape, pointer) : [`${pointer}/type: ${tag} is not a valid enum value`];
}

function wrongType(pointer: string, expected: string, value: unknown): string {
  return `${pointer}: expected type: ${expected}, found: ${typeName(value)}`;
}

function typeName(value: unknown): string {
  if (value === null) return "Null";
  if (Array.isArray(value)) return "JSONArray";
  if (typeof value === "number") return Number.isInteger(value) ? "Integer" : "BigDecimal";
  if (typeof value === "string") return "String";
  return typeof value === "boolean" ? "Boolean" : "JSONObject";
}
