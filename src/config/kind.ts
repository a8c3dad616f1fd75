/** Apart from the rest, since the reader of YAML is a module of its own and takes nothing else of it. */

/** What kind of YAML value it is, without its content. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a mapping";
  if (typeof value === "string") return "a text";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  return typeof value === "boolean" ? "true or false" : "a value of another kind";
}
