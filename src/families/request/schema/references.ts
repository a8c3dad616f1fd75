/** What a `$ref` leads to inside its own document. */
import { isObject, type JsonObject } from "../../../lib/json.ts";

/** A schema that a reference leads to, and a name to call it by. */
export interface Target {
  readonly schema: JsonObject | boolean;
  readonly name: string;
}

/**
 * Finds the targets of a document's references: a JSON Pointer, also percent-encoded and through lists, an anchor
 * (`$anchor`, or `$id: "#name"` of older drafts), or the `$id` of a schema inside. Nothing is ever fetched.
 * @returns undefined where a reference leads to no schema of the document.
 */
export function referenceFinder(document: JsonObject): (reference: string) => Target | undefined {
  let named: ReadonlyMap<string, JsonObject> | undefined;
  return (reference) => {
    const hash = reference.indexOf("#");
    const base = hash === -1 ? reference : reference.slice(0, hash);
    const fragment = decoded(hash === -1 ? "" : reference.slice(hash + 1));
    if (fragment !== "" && !fragment.startsWith("/")) {
      named ??= namesIn(document);
      return targetOf(named.get(`#${fragment}`), fragment);
    }
    let start: JsonObject | undefined = document;
    if (base !== "" && base !== document.$id && base !== document.id) {
      named ??= namesIn(document);
      start = named.get(base);
    }
    const keys = fragment.split("/").slice(1);
    return targetOf(start && valueAt(start, keys), keys.at(-1) || base || "root");
  };
}

function targetOf(schema: unknown, name: string): Target | undefined {
  return isObject(schema) || typeof schema === "boolean" ? { schema, name } : undefined;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function valueAt(start: JsonObject, keys: readonly string[]): unknown {
  let at: unknown = start;
  for (const key of keys) {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = /^\d{1,9}$/.test(name) ? at[Number(name)] : undefined;
    else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

/** Every object of a document that has a name, by that name: `#anchor` or an id. The first one counts. */
function namesIn(document: JsonObject): Map<string, JsonObject> {
  const named = new Map<string, JsonObject>();
  const open: unknown[] = [document];
  while (open.length > 0) {
    const value = open.pop();
    if (Array.isArray(value)) open.push(...value.toReversed());
    if (!isObject(value)) continue;
    for (const name of [value.$id, value.id, anchor(value.$anchor), anchor(value.$dynamicAnchor)]) {
      if (typeof name === "string" && !named.has(name)) named.set(name, value);
    }
    open.push(...Object.values(value).reverse());
  }
  return named;
}

function anchor(name: unknown): string | undefined {
  return typeof name === "string" ? `#${name}` : undefined;
}
