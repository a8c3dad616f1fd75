/** Foreign texts without the router's API keys: an upstream that fails may quote the request that it was sent. */
import { isObject, parseObject } from "../lib/json.ts";

/** What is shorter stands for "no key" with local servers (`none`, `ollama`), and in the middle of ordinary words. */
const LEAST_KEY_CHARS = 8;
const MARK = "[key]";

/** A text in which none of the keys stands any more. JSON stays JSON. */
export type Redact = (text: string) => string;

/** @param keys All keys of the pool: the upstream may know more than the one it was called with. */
export function redactor(keys: readonly string[]): Redact {
  const secrets = keys.filter(({ length }) => length >= LEAST_KEY_CHARS).sort((a, b) => b.length - a.length);
  if (secrets.length === 0) return (text) => text;
  const literal = (text: string) => secrets.reduce((rest, key) => rest.replaceAll(key, MARK), text);
  return (text) => {
    const plain = literal(text);
    // JSON may write a character of the key in another way (`\/`, `\u002b`).
    if (!plain.includes("\\")) return plain;
    const value = parseObject(`{"value":${plain}}`)?.value;
    if (value === undefined) return plain;
    const clean = cleaned(value, literal);
    return clean === value ? plain : JSON.stringify(clean);
  };
}

/** The value with all its texts redacted; itself where nothing was to be taken out. */
function cleaned(value: unknown, redact: Redact): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => cleaned(item, redact));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [redact(name), cleaned(member, redact)]);
  const changed = Object.entries(value).some(
    ([name, member], index) => members[index]?.[0] !== name || members[index]?.[1] !== member,
  );
  return changed ? Object.fromEntries(members) : value;
}
