/** A schema whose references all lead into `$defs`, to draft 2020-12 as well; those that lead nowhere go. */
import type { JsonObject } from "../../../lib/json.ts";
import { uniqueNames } from "../unique-names.ts";
import { both, type Schema } from "./combine.ts";
import { referenceFinder, type Target } from "./references.ts";
import { BeyondBounds, lossOf, newWalk, type Room, TOP, walked } from "./walk.ts";

export interface Converted {
  readonly schema: Schema;
  /** What `#/$defs/NAME` leads to, where references are kept. */
  readonly definitions: ReadonlyMap<string, Schema>;
  /** The name of each target. */
  readonly targets: ReadonlyMap<Target["schema"], string>;
}

/** @throws BeyondBounds */
export function keepReferences(document: JsonObject, room: Room): Converted {
  const find = referenceFinder(document);
  const nameFor = uniqueNames((name) => name.replace(/[^a-zA-Z0-9_.-]/g, "_").slice(0, 64) || "_");
  const targets = new Map<Target["schema"], string>();
  const loops = loopCheck(room);
  let at = "";
  const walk = newWalk(document, room, (reference, beside, { sameValue }) => {
    const target = find(reference);
    if (target === undefined) return lossOf(beside, walk);
    const name = targets.get(target.schema) ?? nameFor(target.name);
    targets.set(target.schema, name);
    if (sameValue && loops(at, name)) return lossOf(beside, walk);
    return both({ $ref: `#/$defs/${name}` }, beside);
  });
  const schema = walked(document, walk, TOP);
  const own = new Set([document.$defs, document.definitions].flatMap((map) => Object.values(map ?? {})));
  const definitions = new Map<string, Schema>();
  // The map grows while it is walked.
  for (const [target, name] of targets) {
    walk.copies = !own.has(target);
    at = name;
    definitions.set(name, walked(target, walk, TOP));
  }
  return { schema, definitions, targets };
}

/**
 * Definitions that only lead to each other, about one and the same value, would never end in any validator.
 * @returns notes that one leads to another, and tells whether that closes a circle.
 */
function loopCheck(room: Room): (from: string, to: string) => boolean {
  const edges = new Map<string, Set<string>>();
  return (from, to) => {
    const seen = new Set<string>();
    const open = [to];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name === from) return true;
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(...(edges.get(name) ?? []));
      room.left -= 1;
      if (room.left < 0) throw new BeyondBounds("size");
    }
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
    return false;
  };
}
