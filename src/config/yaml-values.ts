/**
 * From YAML's nodes to values: aliases, merges and keys that stand twice. Not by the library, which takes minutes for some
 * files of 300 KB: here the work is bounded by the length of the file.
 */
import { isAlias, isMap, isPair, isScalar, isSeq } from "yaml";
import { MAX_DEPTH } from "./document.ts";

/** Values that aliases and merges may add to a file: enough for shared settings, too little to be busy with for long. */
const MAX_ADDED = 100_000;

export const TOO_DEEP = `nested too deeply: more than ${MAX_DEPTH} levels`;

/** What is wrong, and where: an offset from the beginning of the text. */
export interface Fault {
  readonly at: number;
  readonly what: string;
}

export interface Values {
  /** Of Maps, arrays and scalars; what an alias stands for is there once. */
  readonly value: unknown;
  /** Why there is no value. */
  readonly fault: Fault | undefined;
  /** Where keys stand a second time in their mapping; the later one holds. */
  readonly doubles: readonly number[];
}

/** A value, how many values are in it and how deep they are nested. */
interface Built {
  readonly value: unknown;
  readonly size: number;
  readonly depth: number;
}

class Unbuildable extends Error {
  readonly at: number;
  constructor(node: unknown, what: string) {
    super(what);
    this.at = offsetOf(node);
  }
}

/** @param chars The length of the text: without aliases it has fewer values than characters. */
export function valuesOf(root: unknown, chars: number): Values {
  const builder = new Builder(chars + MAX_ADDED);
  const { doubles } = builder;
  try {
    return { value: builder.build(root, 0).value, fault: undefined, doubles };
  } catch (thrown) {
    if (!(thrown instanceof Unbuildable)) throw thrown;
    return { value: undefined, fault: { at: thrown.at, what: thrown.message }, doubles };
  }
}

class Builder {
  readonly doubles: number[] = [];
  readonly #anchors = new Map<string, Built>();
  /** How many values there may still be. */
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  build(node: unknown, depth: number): Built {
    const built = this.#built(node, depth);
    if (depth + built.depth > MAX_DEPTH) throw new Unbuildable(node, TOO_DEEP);
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor) this.#anchors.set(node.anchor, built);
    return built;
  }

  #built(node: unknown, depth: number): Built {
    if (depth > MAX_DEPTH) throw new Unbuildable(node, TOO_DEEP);
    if (isAlias(node)) return this.#aliased(node.source, node);
    this.#spend(1, node);
    if (isMap(node)) return this.#mapping(node.items, depth);
    if (isSeq(node)) return this.#list(node.items, depth);
    return { value: isScalar(node) ? node.value : null, size: 1, depth: 0 };
  }

  #aliased(name: string, node: unknown): Built {
    const found = this.#anchors.get(name);
    if (found === undefined)
      throw new Unbuildable(node, "an alias (*) without its anchor (&) above, or inside of it");
    this.#spend(found.size, node);
    return found;
  }

  #list(items: readonly unknown[], depth: number): Built {
    // A pair in a list, `[a: b]`, is a mapping of its own.
    const parts = items.map((item) =>
      isPair(item) ? this.#mapping([item], depth + 1) : this.build(item, depth + 1),
    );
    return { value: parts.map(({ value }) => value), ...together(parts) };
  }

  #mapping(items: readonly unknown[], depth: number): Built {
    const map = new Map<unknown, unknown>();
    const names = new Set<string>();
    const parts: Built[] = [];
    const merged: (readonly [Built, unknown])[] = [];
    for (const item of items) {
      if (!isPair(item)) continue;
      const { key, value } = item;
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") {
        merged.push([this.build(value, depth + 1), key]);
        continue;
      }
      const name = this.build(key, depth + 1);
      const content = this.build(value, depth + 1);
      if (isScalar(key)) {
        if (names.has(String(name.value))) this.doubles.push(offsetOf(key));
        names.add(String(name.value));
      }
      map.set(name.value, content.value);
      parts.push(name, content);
    }
    for (const [source, key] of merged) {
      this.#merge(map, source.value, key);
      // Its entries, not the mapping, are nested here.
      parts.push({ ...source, depth: source.depth - 1 });
    }
    return { value: map, ...together(parts) };
  }

  /** What stands in the mapping itself holds, then what the first merged mapping has. */
  #merge(map: Map<unknown, unknown>, source: unknown, key: unknown): void {
    for (const one of Array.isArray(source) ? source : [source]) {
      if (!(one instanceof Map)) throw new Unbuildable(key, "a merge (<<) of what is no mapping");
      this.#spend(one.size, key);
      for (const [name, value] of one) if (!map.has(name)) map.set(name, value);
    }
  }

  #spend(values: number, node: unknown): void {
    this.#left -= values;
    if (this.#left < 0) throw new Unbuildable(node, "too much comes from aliases (*) and merges (<<)");
  }
}

function together(parts: readonly Built[]): { size: number; depth: number } {
  return {
    size: parts.reduce((sum, part) => sum + part.size, 1),
    depth: parts.reduce((most, part) => Math.max(most, part.depth + 1), 0),
  };
}

/** Where a node of the library begins. */
function offsetOf(node: unknown): number {
  const hasRange = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node);
  return hasRange ? (node.range?.[0] ?? 0) : 0;
}
