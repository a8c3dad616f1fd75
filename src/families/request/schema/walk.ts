/**
 * One way through a JSON Schema of any draft, which writes it in draft 2020-12. What a reference leads to is for others to
 * say; what is made is bounded, because a few references can make a tree far larger than the text they stand in.
 */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { Schema } from "./combine.ts";
import { ANNOTATIONS, modernSchema, NESTING } from "./keywords.ts";

/** How deep schemas may stand in each other; every level is two of JSON. */
export const MAX_DEPTH = 200;
/** Characters that the references of a request's schemas may still add to it. */
export interface Room {
  left: number;
}

/** A schema is beyond the bounds. */
export class BeyondBounds extends Error {
  readonly reason: "size" | "depth";

  constructor(reason: "size" | "depth") {
    super(`a schema beyond the bounds of ${reason}`);
    this.reason = reason;
  }
}

export interface Walk {
  readonly room: Room;
  /** Up to draft 7 only descriptions hold beside a reference. */
  readonly alone: boolean;
  /** Takes a reference, and what holds beside it. */
  readonly follow: (reference: string, beside: Schema, at: Place) => Schema;
  /** Whether what is being made stands in the document once already. */
  copies: boolean;
  /** How often something went that would have been demanded. */
  losses: number;
  /** The deepest level reached. */
  deepest: number;
}

/** Where a schema stands. */
export interface Place {
  readonly depth: number;
  /** Whether it is about the same value as the definition, or root, in which it stands. */
  readonly sameValue: boolean;
}

export function newWalk(document: JsonObject, room: Room, follow: Walk["follow"]): Walk {
  const alone = typeof document.$schema === "string" && /draft-0[3-7]/.test(document.$schema);
  return { room, alone, follow, copies: false, losses: 0, deepest: 0 };
}

export const TOP: Place = { depth: 0, sameValue: true };

export function lossOf(schema: Schema, walk: Walk): Schema {
  walk.losses += 1;
  return schema;
}

export function reach(depth: number, walk: Walk): void {
  if (depth > MAX_DEPTH) throw new BeyondBounds("depth");
  walk.deepest = Math.max(walk.deepest, depth);
}

export function spend(weight: number, walk: Walk): void {
  if (walk.copies) walk.room.left -= weight;
  if (walk.room.left < 0) throw new BeyondBounds("size");
}

/** @throws BeyondBounds */
export function walked(value: unknown, walk: Walk, at: Place): Schema {
  reach(at.depth, walk);
  const { schema, lost } = modernSchema(value);
  if (typeof schema === "boolean") return schema;
  const before = walk.losses;
  if (lost) walk.losses += 1;
  const { $ref, ...rest } = schema;
  const refers = typeof $ref === "string";
  const entries = Object.entries(rest).filter(([keyword]) => holds(keyword, refers && walk.alone));
  const own = Object.fromEntries(
    entries.flatMap(([keyword, inner]) => {
      const losses = walk.losses;
      const made = member(keyword, inner, walk, at);
      return walk.losses > losses ? withLoss(keyword, made, rest) : [[keyword, made]];
    }),
  );
  const whole = refers ? walk.follow($ref, own, at) : own;
  return walk.losses > before && isObject(whole) ? withoutUnevaluated(whole) : whole;
}

function holds(keyword: string, onlyWords: boolean): boolean {
  if (keyword === "$defs" || keyword === "definitions") return false;
  return !onlyWords || ANNOTATIONS.has(keyword);
}

/** Keywords whose schemas are about the value itself, not about a part of it. */
const IN_PLACE: ReadonlySet<string> = new Set(
  "allOf anyOf dependentSchemas else if not oneOf then".split(" "),
);

function member(keyword: string, value: unknown, walk: Walk, { depth, sameValue }: Place): unknown {
  const nesting = NESTING.get(keyword);
  if (nesting === undefined) {
    if (walk.copies) spend(keyword.length + JSON.stringify(value).length, walk);
    return value;
  }
  const inside: Place = { depth: depth + 1, sameValue: sameValue && IN_PLACE.has(keyword) };
  const walkInside = (inner: unknown): Schema => walked(inner, walk, inside);
  spend(keyword.length, walk);
  if (nesting === "schema") return walkInside(value);
  if (nesting === "list") return Array.isArray(value) ? value.map(walkInside) : value;
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(
    entries.map(([name, inner]) => {
      spend(name.length, walk);
      return [name, walkInside(inner)];
    }),
  );
}

/** A keyword whose schemas accept more than was meant, where that would make the whole accept less. */
function withLoss(keyword: string, value: unknown, node: JsonObject): [string, unknown][] {
  switch (keyword) {
    case "not":
    case "if":
    case "contains":
      return [];
    case "oneOf":
      return node.anyOf === undefined ? [["anyOf", value]] : [];
    default:
      return [[keyword, value]];
  }
}

/** What is left over after a loss is not what was meant to be. */
function withoutUnevaluated({
  unevaluatedItems: _,
  unevaluatedProperties: __,
  ...rest
}: JsonObject): JsonObject {
  return rest;
}
