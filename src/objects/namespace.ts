import { RouterError } from "../errors.ts";

/** Whether a binding is a Durable Object namespace; what its objects can do is for the caller to know. */
export function isNamespace<Stub>(
  value: unknown,
): value is { idFromName(name: string): unknown; get(id: unknown): Stub } {
  return (
    typeof value === "object" &&
    value !== null &&
    "idFromName" in value &&
    typeof value.idFromName === "function" &&
    "get" in value &&
    typeof value.get === "function"
  );
}

/** How a class of objects stands in wrangler.toml. */
export interface ObjectClass {
  readonly binding: string;
  readonly className: string;
  /** Of the migration that brought it. */
  readonly tag: string;
}

/** @param what Says who needs it. */
export function missingBinding(what: string, { binding, className, tag }: ObjectClass): RouterError {
  return new RouterError(
    "binding_missing",
    `${what} Add to wrangler.toml:\n[[durable_objects.bindings]]\nname = "${binding}"\nclass_name = "${className}"\n[[migrations]]\ntag = "${tag}"\nnew_sqlite_classes = ["${className}"]`,
  );
}

const encoder = new TextEncoder();
/** By the texts: a key's name is asked for with each of its requests. */
const digests = new Map<string, string>();
const MOST_DIGESTS = 1000;

/** SHA-256 of some names, in hex: what an object is called. */
export async function digestName(names: readonly string[]): Promise<string> {
  const text = JSON.stringify(names);
  const known = digests.get(text);
  if (known !== undefined) return known;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))).toHex();
  if (digests.size >= MOST_DIGESTS) digests.clear();
  digests.set(text, digest);
  return digest;
}
