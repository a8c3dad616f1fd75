/** The schemas of a request's tools and answers as a model's format takes them. */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { invalidValue } from "../refusals.ts";
import { inlineReferences } from "./inlined.ts";
import { type Converted, keepReferences } from "./kept.ts";
import { objectRoot } from "./object-root.ts";
import { type KeyNames, withPlainKeys } from "./property-keys.ts";
import { BeyondBounds, MAX_DEPTH, type Room } from "./walk.ts";

/** What a format takes of JSON Schema. */
export interface SchemaRules {
  /**
   * `any`: every schema. `object`: one without references and unions at the root. `members`: nothing but `type`,
   * `properties` and `required` there.
   */
  readonly root: "any" | "object" | "members";
  /** Whether it knows `$ref` below the root. */
  readonly references: boolean;
  /** Whether it takes only names like `first_name` for an input's members. */
  readonly plainKeys?: boolean;
}

export interface ReadSchema {
  readonly schema: JsonObject;
  /** Members that the model knows by another name. */
  readonly keys: KeyNames;
}

/**
 * @param owner Whose schema it is, e.g. `tool "click"`.
 * @param param Its path in the request.
 * @returns undefined where the format takes no such schema: no object fits it.
 * @throws RouterError `invalid_value` for a schema beyond the bounds.
 */
export type SchemaReader = (schema: JsonObject, owner: string, param: string) => ReadSchema | undefined;

/** What the references of one request's schemas may add to it, in characters. */
const ROOM = 2 * 1024 * 1024;

/** Reads the schemas of one request. */
export function schemaReader({ root, references, plainKeys }: SchemaRules): SchemaReader {
  const room: Room = { left: ROOM };
  return (schema, owner, param) => {
    try {
      const converted = references
        ? keepReferences(schema, room)
        : { schema: inlineReferences(schema, room), definitions: new Map() };
      const plain = objectRoot(converted, root === "members");
      if (plain === undefined) return undefined;
      const rooted = root === "any" && isObject(converted.schema) ? converted.schema : plain;
      const named = plainKeys ? withPlainKeys(rooted) : { schema: rooted, keys: new Map() };
      return { schema: withDefinitions(named.schema, converted.definitions), keys: named.keys };
    } catch (thrown) {
      const reason = reasonOf(thrown);
      if (reason === undefined) throw thrown;
      throw invalidValue(param, `the schema of ${owner} ${PROBLEMS[reason]}`);
    }
  };
}

const PROBLEMS: Readonly<Record<BeyondBounds["reason"], string>> = {
  size: `grows beyond ${ROOM / 1024 / 1024} MiB once its references are put in place; use fewer or smaller ones, or leave the tool out`,
  depth: `is nested more than ${MAX_DEPTH} levels deep; make it flatter, or leave the tool out`,
};

/** Values that are no schemas may be nested too deeply to be written, too. */
function reasonOf(thrown: unknown): BeyondBounds["reason"] | undefined {
  if (thrown instanceof BeyondBounds) return thrown.reason;
  return thrown instanceof RangeError ? "depth" : undefined;
}

/** With the `$defs` that it refers to, directly or through others. */
function withDefinitions(schema: JsonObject, definitions: Converted["definitions"]): JsonObject {
  const used = new Map<string, unknown>();
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const inner of Object.values(value)) open.push(inner);
    const name = isObject(value) && typeof value.$ref === "string" ? value.$ref.slice("#/$defs/".length) : "";
    const definition = definitions.get(name);
    if (definition === undefined || used.has(name)) continue;
    used.set(name, definition);
    open.push(definition);
  }
  if (used.size === 0) return schema;
  const inOrder = [...definitions].filter(([name]) => used.has(name));
  return { ...schema, $defs: Object.fromEntries(inOrder) };
}
