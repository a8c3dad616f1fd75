/**
 * A checked configuration as the build packs it (scripts/config-check/pack.ts): all that an isolate has to do is to put the
 * bindings' values in. What only the reader of the file could judge, an unset address for one, is left to that.
 */
import type { ReadBinding } from "../env.ts";
import { configError } from "./error.ts";
import { expand, type ReferenceKind } from "./expand.ts";
import { putFor } from "./reference.ts";
import type { Config } from "./types.ts";

/** Count it up with every change of this form, so that no Worker takes what another build has made. */
export const FORM = 1;

/** Where something stands in the configuration, from its top. */
export type Path = readonly (string | number)[];

/** What JSON cannot say of a configuration. */
export type Fix =
  /** By the index of the reference whose value goes here. */
  | readonly [path: Path, kind: "reference", index: number]
  /** The model of this index itself. */
  | readonly [path: Path, kind: "target", index: number]
  /** In its place stand a pattern's source and its flags. */
  | readonly [path: Path, kind: "pattern"]
  /** In its place stand the entries: of a Map, and of an object without a prototype. */
  | readonly [path: Path, kind: "map" | "bare"];

export interface Packed {
  readonly form: number;
  /** The configuration once `fixes` are done, but for what follows from the rest. */
  readonly config: Omit<Config, "chatTargets" | "warnings">;
  /** In the order in which they are done: what stands deeper, or later in a list, comes first. */
  readonly fixes: readonly Fix[];
  /** The texts with `${NAME}`, each once. */
  readonly references: readonly (readonly [kind: ReferenceKind, text: string])[];
  /** With how a line begins that only counts if there is something to say of the client key of this name. */
  readonly warnings: readonly (string | readonly [begin: string, client: string])[];
  /** The file's mapping as JSON. */
  readonly document: string;
}

/** @throws RouterError `config_invalid` for anything but what this build has made. */
export function readPacked(text: string): Packed {
  const packed = parsed(text);
  if (packed?.form === FORM) return packed;
  throw configError([
    "config/router.yaml: what is bundled of it was not made by the build of this Worker; wanted a deployment with npm run deploy, or a build with npm run build",
  ]);
}

function parsed(text: string): Packed | undefined {
  try {
    // Its form is told by its number: only the build writes one.
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * The configuration with the bindings' values in it; undefined where they have to be judged with the whole file.
 * @param packed Is used up. @param client Why nobody will come with a client key of this name.
 */
export function unpack(
  packed: Packed,
  binding: ReadBinding,
  client: (name: string) => string | undefined,
): Config | undefined {
  const values: (string | undefined)[] = [];
  for (const [kind, text] of packed.references) {
    const put = putFor(kind, expand(text, binding));
    if (put.kind === "unclear") return undefined;
    values.push(put.kind === "value" ? put.value : undefined);
  }
  const { config } = packed;
  for (const fix of packed.fixes) apply(config, fix, values);
  const warnings = packed.warnings.flatMap((line) => {
    if (typeof line === "string") return line;
    const [begin, name] = line;
    const note = client(name);
    return note === undefined ? [] : begin + note;
  });
  const chatTargets = config.targets.filter(({ task }) => task === undefined);
  return { ...config, chatTargets, warnings };
}

function apply(config: Packed["config"], fix: Fix, values: readonly (string | undefined)[]): void {
  const [path, kind, index = 0] = fix;
  let parent: object = config;
  for (const key of path.slice(0, -1)) parent = Object(Reflect.get(parent, key));
  const last = path.at(-1) ?? "";
  if (kind === "reference") put(parent, last, values[index]);
  else if (kind === "target") Reflect.set(parent, last, config.targets[index]);
  else Reflect.set(parent, last, made(kind, Reflect.get(parent, last)));
}

/** What is not set is not there: neither an entry of the list nor the property. */
function put(parent: object, key: string | number, value: string | undefined): void {
  if (value !== undefined) Reflect.set(parent, key, value);
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

function made(kind: "pattern" | "map" | "bare", written: unknown): unknown {
  const parts: unknown[] = Array.isArray(written) ? written : [];
  if (kind === "pattern") return new RegExp(String(parts[0]), String(parts[1]));
  const entries = parts.map((part): [string, unknown] => {
    const [key, value]: unknown[] = Array.isArray(part) ? part : [];
    return [String(key), value];
  });
  return kind === "map" ? new Map(entries) : Object.setPrototypeOf(Object.fromEntries(entries), null);
}
