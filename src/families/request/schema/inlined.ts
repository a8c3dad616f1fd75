/**
 * A schema without references: what they lead to stands in their place. What repeats is made once and shared; a schema that
 * contains itself is written out level by level until it has no more room, and ends in its type.
 */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { both, type Schema } from "./combine.ts";
import { modernSchema } from "./keywords.ts";
import { type Converted, keepReferences } from "./kept.ts";
import { referenceFinder } from "./references.ts";
import {
  BeyondBounds,
  lossOf,
  newWalk,
  type Place,
  type Room,
  reach,
  spend,
  TOP,
  type Walk,
  walked,
} from "./walk.ts";

/** Characters for which a recursive schema is written out as deep as it goes without meeting itself. */
const UNROLLED = 64 * 1024;

/** @throws BeyondBounds */
export function inlineReferences(document: JsonObject, room: Room): Schema {
  const trial: Room = { left: Math.min(room.left, UNROLLED) };
  const { left } = trial;
  try {
    const schema = inlined(document, trial, new Set());
    room.left -= left - trial.left;
    return schema;
  } catch (thrown) {
    if (!(thrown instanceof BeyondBounds)) throw thrown;
    return inlined(document, room, recursiveTargets(keepReferences(document, room)));
  }
}

interface Made {
  readonly schema: Schema;
  readonly weight: number;
  readonly losses: number;
  readonly height: number;
}

/** @param flat Recursive schemas that are never written out inside each other. */
function inlined(document: JsonObject, room: Room, flat: ReadonlySet<unknown>): Schema {
  const find = referenceFinder(document);
  /** Targets that are being followed, with their place in line: a schema that contains itself ends there. */
  const open = new Map<JsonObject, number>();
  /** What was made outside and inside of flat ones. */
  const known = { outside: new Map<JsonObject, Made>(), inside: new Map<JsonObject, Made>() };
  const outlines = new Map<JsonObject, Schema>();
  let side: keyof typeof known = "outside";
  /** The first in line of the targets that ended something since. */
  let ended = Number.POSITIVE_INFINITY;
  const make = (target: JsonObject, at: Place): Schema => {
    const ready = known[side].get(target);
    if (ready !== undefined) return reused(ready, walk, at);
    const isFlat = flat.has(target);
    const reached = open.get(target) ?? (isFlat && side === "inside" ? open.size : undefined);
    if (reached !== undefined) {
      ended = Math.min(ended, reached);
      const form = outlines.get(target) ?? outline(target);
      outlines.set(target, form);
      return lossOf(form, walk);
    }
    const before = { left: room.left, losses: walk.losses, deepest: walk.deepest, ended, side };
    const place = open.size;
    open.set(target, place);
    [walk.deepest, ended] = [at.depth, Number.POSITIVE_INFINITY];
    if (isFlat) side = "inside";
    const schema = walked(target, walk, { ...at, depth: at.depth + 1 });
    side = before.side;
    open.delete(target);
    // What ended at a target further up in line looks different elsewhere.
    if (ended >= place) {
      const [weight, losses] = [before.left - room.left, walk.losses - before.losses];
      known[side].set(target, { schema, weight, losses, height: walk.deepest - at.depth });
    }
    ended = ended >= place ? before.ended : Math.min(before.ended, ended);
    walk.deepest = Math.max(walk.deepest, before.deepest);
    return schema;
  };
  const walk = newWalk(document, room, (reference, beside, at) => {
    const target = find(reference)?.schema;
    if (target === undefined) return lossOf(beside, walk);
    if (typeof target === "boolean") return both(target, beside);
    walk.copies = true;
    const whole = make(target, at);
    walk.copies = open.size > 1;
    return both(whole, beside);
  });
  // A root that refers to itself ends, too.
  return make(document, TOP);
}

function reused({ schema, weight, losses, height }: Made, walk: Walk, { depth }: Place): Schema {
  reach(depth + height, walk);
  spend(weight, walk);
  walk.losses += losses;
  return schema;
}

/** What stands for a schema inside itself. */
function outline(target: JsonObject): Schema {
  const { schema } = modernSchema(target);
  if (!isObject(schema)) return schema;
  const { type, description } = schema;
  return { ...(type !== undefined && { type }), ...(description !== undefined && { description }) };
}

/** Targets that lead to themselves, and those on the ways between such: what is left when all others are taken off. */
function recursiveTargets({ definitions, targets }: Converted): ReadonlySet<unknown> {
  const leadsTo = new Map([...definitions].map(([name, schema]) => [name, namesIn(schema)]));
  const comesFrom = new Map<string, string[]>();
  for (const [from, names] of leadsTo) {
    for (const to of names) {
      const others = comesFrom.get(to);
      if (others === undefined) comesFrom.set(to, [from]);
      else others.push(from);
    }
  }
  const left = new Set(leadsTo.keys());
  const takeOff = (
    next: (name: string) => Iterable<string>,
    last: (name: string) => Iterable<string>,
  ): void => {
    const counts = new Map([...left].map((name) => [name, [...next(name)].length]));
    const ends = [...left].filter((name) => counts.get(name) === 0);
    for (let name = ends.pop(); name !== undefined; name = ends.pop()) {
      left.delete(name);
      for (const other of last(name)) {
        const count = (counts.get(other) ?? 0) - 1;
        counts.set(other, count);
        if (count === 0 && left.has(other)) ends.push(other);
      }
    }
  };
  const forth = (name: string) => [...(leadsTo.get(name) ?? [])].filter((to) => left.has(to));
  const back = (name: string) => (comesFrom.get(name) ?? []).filter((from) => left.has(from));
  takeOff(forth, back);
  takeOff(back, forth);
  return new Set([...targets].filter(([, name]) => left.has(name)).map(([target]) => target));
}

/** The definitions that a schema refers to, each once. */
function namesIn(schema: Schema): Set<string> {
  const names = new Set<string>();
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const inner of Object.values(value)) open.push(inner);
    if ("$ref" in value && typeof value.$ref === "string") names.add(value.$ref.slice("#/$defs/".length));
  }
  return names;
}
