/** JSON Schemas as Claude accepts them: a tool's input is always an object, without unions at the top level. */
import type { JsonObject } from "../../openai/types.ts";
import { asObject, isObject } from "../json.ts";

/** Schema nodes looked at while a root is flattened: references can make a tree far larger than the schema's text. */
const MAX_NODES = 200;
const UNIONS = ["anyOf", "oneOf", "allOf"];

/**
 * A schema for a tool's input. A root `$ref` is followed and a root union merged into one object that every branch fits,
 * because Claude refuses both there; members set to null are left out.
 */
export function objectSchema(schema: JsonObject): JsonObject {
  let nodes = 0;
  const open = new Set<JsonObject>();
  const flatten = (node: JsonObject): JsonObject => {
    // A reference to a node that is being flattened adds nothing to it.
    if (open.has(node)) return {};
    open.add(node);
    nodes += 1;
    const { $ref, ...own } = present(node);
    const target = nodes < MAX_NODES ? lookUp($ref, schema) : undefined;
    let flat = target === undefined ? own : { ...flatten(target), ...own };
    for (const union of UNIONS) {
      const { [union]: branches, ...rest } = flat;
      if (!Array.isArray(branches)) continue;
      const objects: JsonObject[] = [];
      for (const branch of branches) {
        if (nodes < MAX_NODES && isObject(branch)) objects.push(flatten(branch));
      }
      flat = merge(rest, objects.filter(isObjectSchema), union === "allOf");
    }
    open.delete(node);
    return flat;
  };
  return { ...flatten(schema), type: "object" };
}

/** Branches that are not objects (`{"type":"null"}`) say nothing about an object's members. */
function isObjectSchema(schema: JsonObject): boolean {
  return schema.type === "object" || isObject(schema.properties);
}

/** @param all Whether every branch holds (`allOf`) or any of them. */
function merge(base: JsonObject, branches: readonly JsonObject[], all: boolean): JsonObject {
  if (branches.length === 0) return base;
  const members = new Map(Object.entries(asObject(base.properties) ?? {}));
  for (const branch of branches) {
    for (const [name, value] of Object.entries(asObject(branch.properties) ?? {})) {
      members.set(name, members.has(name) ? either(members.get(name), value) : value);
    }
  }
  const properties = Object.fromEntries(members);
  const lists = branches.map((branch) => names(branch.required));
  const shared = all ? lists.flat() : (lists[0] ?? []).filter((name) => lists.every((l) => l.includes(name)));
  const required = [...new Set([...names(base.required), ...shared])];
  return { ...base, properties, ...(required.length > 0 && { required }) };
}

function either(first: unknown, second: unknown): unknown {
  return JSON.stringify(first) === JSON.stringify(second) ? first : { anyOf: [first, second] };
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function present(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** What a local reference (`#/$defs/Name`) points to. */
function lookUp(reference: unknown, root: JsonObject): JsonObject | undefined {
  const path = typeof reference === "string" ? /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) : null;
  if (path === null) return undefined;
  const [, section = "", name = ""] = path;
  return asObject(asObject(root[section])?.[name]);
}

/**
 * Keywords that constrained decoding knows. An unknown one is a 400, so everything else counts as unsupported.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
const CONSTRAINED_KEYWORDS: ReadonlySet<string> = new Set([
  ...["$defs", "$ref", "additionalProperties", "anyOf", "const", "default", "definitions", "description"],
  ...["enum", "format", "items", "minItems", "properties", "required", "title", "type"],
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  ...["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"],
]);

/**
 * The schema as constrained decoding takes it, or undefined where it is outside the documented subset: recursion,
 * references to other documents, numeric and length limits, and objects open to further properties.
 */
export function constrainedSchema(schema: JsonObject): JsonObject | undefined {
  const { $schema: _dialect, ...root } = schema;
  return root.type === "object" && isConstrained(root, root, new Map()) ? root : undefined;
}

/** @param seen Nodes met before: true once they passed, false while they are being checked (then the schema recurses). */
function isConstrained(node: unknown, root: JsonObject, seen: Map<JsonObject, boolean>): boolean {
  if (!isObject(node)) return false;
  const before = seen.get(node);
  if (before !== undefined) return before;
  seen.set(node, false);
  const passed = passes(node, root, (child) => isConstrained(child, root, seen));
  seen.set(node, passed);
  return passed;
}

function passes(node: JsonObject, root: JsonObject, fits: (child: unknown) => boolean): boolean {
  if (!Object.keys(node).every((keyword) => CONSTRAINED_KEYWORDS.has(keyword))) return false;
  if (node.format !== undefined && !FORMATS.has(node.format)) return false;
  if (node.minItems !== undefined && node.minItems !== 0 && node.minItems !== 1) return false;
  if (node.enum !== undefined && !isPlainList(node.enum)) return false;
  if (node.$ref !== undefined) return fits(lookUp(node.$ref, root));
  if (node.anyOf !== undefined) return Array.isArray(node.anyOf) && node.anyOf.every(fits);
  if (node.items !== undefined && !fits(node.items)) return false;
  if (!isObjectType(node))
    return node.type !== undefined || node.enum !== undefined || node.const !== undefined;
  return node.additionalProperties === false && Object.values(asObject(node.properties) ?? {}).every(fits);
}

function isObjectType(node: JsonObject): boolean {
  const { type } = node;
  return (
    type === "object" || (Array.isArray(type) && type.includes("object")) || node.properties !== undefined
  );
}

function isPlainList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry !== "object" || entry === null);
}
