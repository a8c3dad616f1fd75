/**
 * A schema whose root is a plain object, for formats that know no reference and no union there: every object that the
 * schema accepts fits it. What one branch of a union names and another does not is kept as the one branch has it, because
 * nobody sends a member that its own branch does not name.
 */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { both, either, isSchema, type Schema } from "./combine.ts";
import type { Converted } from "./kept.ts";

/** A member as a schema has it. */
interface Member {
  readonly schema: Schema;
  /** Whether it holds for every object that has the member. */
  readonly always: boolean;
}

/** What a schema says about an object's members. */
interface Members {
  readonly named: ReadonlyMap<string, Member>;
  readonly required: ReadonlySet<string>;
  /** Whether there may be no others. */
  readonly closed: boolean;
}

/** How deep unions and references at the root are looked into; what is deeper says nothing about members. */
const MAX_DEPTH = 8;

const ANYTHING: Members = { named: new Map(), required: new Set(), closed: false };

/**
 * @param only Whether the root may hold nothing but `type`, `properties` and `required`.
 * @returns undefined for a schema that no object fits.
 */
export function objectRoot(
  converted: Pick<Converted, "schema" | "definitions">,
  only = false,
): JsonObject | undefined {
  const root = converted.schema === true ? {} : converted.schema;
  const members = reader(converted.definitions)(root, 0);
  if (members === undefined || root === false) return undefined;
  const { $ref, anyOf, oneOf, allOf, ...rest } = root;
  const plain = [$ref, anyOf, oneOf, allOf].every((keyword) => keyword === undefined);
  if (plain && !only) return { ...rest, type: "object" };
  const properties = Object.fromEntries([...members.named].map(([name, { schema }]) => [name, schema]));
  const flat = {
    type: "object",
    properties,
    ...(members.required.size > 0 && { required: [...members.required] }),
  };
  return only ? flat : { ...rest, ...flat };
}

type Reader = (schema: Schema, depth: number) => Members | undefined;

/** Reads each schema once, whoever refers to it. */
function reader(definitions: Converted["definitions"]): Reader {
  const known = new Map<Schema, Members | undefined>();
  const read: Reader = (schema, depth) => {
    if (schema === false) return undefined;
    if (schema === true || depth > MAX_DEPTH) return ANYTHING;
    if (known.has(schema)) return known.get(schema);
    // A schema that contains itself says nothing more about its own members.
    known.set(schema, ANYTHING);
    const members = membersOf(schema, definitions, (inner) => read(inner, depth + 1));
    known.set(schema, members);
    return members;
  };
  return read;
}

function membersOf(
  node: JsonObject,
  definitions: Converted["definitions"],
  read: (schema: Schema) => Members | undefined,
): Members | undefined {
  if (![node.type ?? "object"].flat().includes("object")) return undefined;
  const parts: (Members | undefined)[] = [ownMembers(node)];
  const target =
    typeof node.$ref === "string" ? definitions.get(node.$ref.slice("#/$defs/".length)) : undefined;
  if (target !== undefined) parts.push(read(target));
  for (const branch of branchesOf(node.allOf)) parts.push(read(branch));
  for (const union of [node.anyOf, node.oneOf]) {
    if (Array.isArray(union)) parts.push(any(branchesOf(union).map(read)));
  }
  return all(parts);
}

function branchesOf(value: unknown): Schema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function ownMembers({ properties, required, additionalProperties, patternProperties }: JsonObject): Members {
  const named = new Map<string, Member>();
  for (const [name, schema] of Object.entries(isObject(properties) ? properties : {})) {
    if (isSchema(schema)) named.set(name, { schema, always: true });
  }
  return {
    named,
    required: new Set(Array.isArray(required) ? required : []),
    closed: additionalProperties === false && patternProperties === undefined,
  };
}

/** What holds where all of them do. */
function all(parts: readonly (Members | undefined)[]): Members | undefined {
  const named = new Map<string, Member>();
  const required = new Set<string>();
  let closed = false;
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (const [name, member] of part.named) {
      const known = named.get(name);
      named.set(name, known === undefined ? member : bothMembers(known, member));
    }
    for (const name of part.required) required.add(name);
    closed ||= part.closed;
  }
  return { named, required, closed };
}

function bothMembers(first: Member, second: Member): Member {
  if (first.always && second.always) return { schema: both(first.schema, second.schema), always: true };
  if (first.always !== second.always) return first.always ? first : second;
  return { schema: either([first.schema, second.schema]), always: false };
}

/** What holds where any of them does; those that no object fits do not count. */
function any(parts: readonly (Members | undefined)[]): Members | undefined {
  const branches = parts.filter((part) => part !== undefined);
  const [first] = branches;
  if (first === undefined) return undefined;
  const forms = new Map<string, Schema[]>();
  /** Branches in which a member may be anything. */
  const open = new Map<string, number>();
  const allOpen = branches.filter(({ closed }) => !closed).length;
  for (const { named, closed } of branches) {
    for (const [name, { schema, always }] of named) {
      const others = forms.get(name);
      if (others === undefined) forms.set(name, [schema]);
      else others.push(schema);
      const left = open.get(name) ?? allOpen;
      open.set(name, left - (closed ? 0 : 1) + (always ? 0 : 1));
    }
  }
  const named = [...forms].map(([name, schemas]): [string, Member] => {
    return [name, { schema: either(schemas), always: open.get(name) === 0 }];
  });
  const required = [...first.required].filter((name) =>
    branches.every((branch) => branch.required.has(name)),
  );
  return { named: new Map(named), required: new Set(required), closed: allOpen === 0 };
}
