/** Checks a configuration before it is deployed, and packs it for the Worker: see src/config/packed.ts. */
import type { Document } from "../../src/config/document.ts";
import { type Expand, expand, type ReferenceKind } from "../../src/config/expand.ts";
import { checkConfig, type Checks } from "../../src/config/index.ts";
import { FORM, type Fix, type Packed, type Path } from "../../src/config/packed.ts";
import { isValid } from "../../src/config/reference.ts";
import type { Config } from "../../src/config/types.ts";

/**
 * Nobody knows here what the deployed Worker's bindings hold. Each of these fits some of the fields that name one: only what
 * is wrong with every one of them is wrong with the file.
 */
const STAND_INS = [
  "us-east-1",
  "https://binding.example",
  "arn:aws:iam::111122223333:role/binding",
  // A part of a region, the number of an account, a port.
  ...["east", "111122223333", "8080"],
];

export interface Inspected {
  readonly problems: readonly string[];
  /** All but what depends on the clients' keys. */
  readonly warnings: readonly string[];
  /** Of a valid file. */
  readonly valid?: {
    /** With words of the build's own where a binding's value goes. */
    readonly config: Config;
    readonly packed: Packed;
  };
}

/** What `${NAME}` makes right or wrong is left to the Worker. */
export function inspectFile(document: Document, checks: Omit<Checks, "client">): Inspected {
  const text = JSON.stringify(document.root, asObject) ?? "";
  const holes = new Holes(text);
  // The path of a key's entry and its name are all that is needed of a line that may not count.
  const client = (name: string) => holes.word + name;
  const checked = checkConfig(document, holes.expand, { ...checks, client });
  if (checked.kind === "invalid") return { problems: checked.problems, warnings: [] };
  const { config } = checked;
  const lines = config.warnings.map((line) => {
    const [begin = "", name] = line.split(holes.word);
    return name === undefined ? line : ([begin, name] as const);
  });
  const { chatTargets: _, warnings: __, ...rest } = config;
  const packer = new Packer(holes, new Map(config.targets.map((target, index) => [target, index])));
  const packed = packer.pack(rest, []);
  return {
    problems: [],
    warnings: lines.filter((line) => typeof line === "string"),
    valid: {
      config,
      packed: {
        form: FORM,
        ...{ config: packed, fixes: packer.fixes.reverse(), references: holes.references },
        ...{ warnings: lines, document: text },
      },
    },
  };
}

/** Stands in for the bindings with values that are fit for their place and stand nowhere in the file. */
class Holes {
  /** In each of the values. */
  readonly word: string;
  readonly references: (readonly [kind: ReferenceKind, text: string])[] = [];
  readonly #indexes = new Map<string, number>();

  constructor(file: string) {
    let word = "standin";
    while (file.includes(word)) word += "x";
    this.word = word;
  }

  readonly expand: Expand = (text, kind) => {
    const { names } = expand(text, () => undefined);
    const fits = (value: string) => isValid(kind, expand(text, () => value).value);
    // Without a reference there is nothing to wait for; with what no value makes right, one shows what is wrong.
    if (names.length === 0 || !STAND_INS.some(fits)) return expand(text, () => STAND_INS[0]);
    return { value: this.#valueOf(kind, this.#indexOf(kind, text)), names, unset: [] };
  };

  /** Which reference a value of the configuration stands for. @throws Error where it is no more than a part of the value. */
  at(value: string): number | undefined {
    const found = this.#indexes.get(value);
    if (found === undefined && value.includes(this.word)) {
      throw new Error(`what becomes of a binding's value cannot be told from ${JSON.stringify(value)}`);
    }
    return found;
  }

  #indexOf(kind: ReferenceKind, text: string): number {
    const known = this.references.findIndex((each) => each[0] === kind && each[1] === text);
    if (known !== -1) return known;
    this.references.push([kind, text]);
    return this.references.length - 1;
  }

  #valueOf(kind: ReferenceKind, index: number): string {
    const value = this.#written(kind, `${this.word}-${index + 1}`);
    this.#indexes.set(value, index);
    return value;
  }

  #written(kind: ReferenceKind, name: string): string {
    if (kind === "region") return `zz-${name}`;
    if (kind === "role") return `arn:aws:iam::000000000000:role/${name}`;
    return kind === "key" || kind === "credential" || kind === "external-id"
      ? name
      : `https://${name}.example`;
  }
}

class Packer {
  readonly fixes: Fix[] = [];
  readonly #holes: Holes;
  readonly #targets: ReadonlyMap<unknown, number>;

  constructor(holes: Holes, targets: ReadonlyMap<unknown, number>) {
    this.#holes = holes;
    this.#targets = targets;
  }

  /** A value of the configuration as JSON has it, with a fix for what JSON has not. */
  pack<T>(value: T, path: Path): T;
  pack(value: unknown, path: Path): unknown {
    if (typeof value === "string") {
      const index = this.#holes.at(value);
      if (index !== undefined) this.fixes.push([path, "reference", index]);
      return index === undefined ? value : "";
    }
    if (typeof value !== "object" || value === null) return value;
    const index = this.#targets.get(value);
    if (index !== undefined && path[0] !== "targets") {
      this.fixes.push([path, "target", index]);
      return null;
    }
    if (Array.isArray(value)) return value.map((entry, at) => this.pack(entry, [...path, at]));
    if (value instanceof RegExp) {
      this.fixes.push([path, "pattern"]);
      return [value.source, value.flags];
    }
    if (value instanceof Map) return this.#entries([...value], path, "map");
    if (Object.getPrototypeOf(value) === null) return this.#entries(Object.entries(value), path, "bare");
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, this.pack(entry, [...path, key])]),
    );
  }

  #entries(entries: readonly (readonly [unknown, unknown])[], path: Path, kind: "map" | "bare"): unknown {
    this.fixes.push([path, kind]);
    return entries.map(([key, value], at) => [key, this.pack(value, [...path, at, 1])]);
  }
}

function asObject(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
