/**
 * Members of a tool's input whose names a model's format refuses: the model knows them by other names, which are changed
 * in the history's calls and changed back in the answer's.
 */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import { jsonText, parseExact } from "../../../lib/exact-json.ts";
import { uniqueNames } from "../unique-names.ts";

/** The client's names by the model's; only those that differ. */
export type KeyNames = ReadonlyMap<string, string>;

/** Keywords that speak of members by name. */
const BY_NAME: ReadonlySet<string> = new Set(
  "dependentRequired dependentSchemas else if not patternProperties propertyNames then".split(" "),
);

/**
 * An object's schema whose members have names of up to 64 letters, digits, underscores, points and hyphens.
 * @param schema Whose root names its members in `properties` and `required` alone.
 */
export function withPlainKeys(schema: JsonObject): { readonly schema: JsonObject; readonly keys: KeyNames } {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const names = [...Object.keys(properties), ...required];
  const plain = uniqueNames(plainKey, { names });
  const keys = new Map<string, string>();
  for (const name of names) if (plain(name) !== name) keys.set(plain(name), name);
  if (keys.size === 0) return { schema, keys };
  const open =
    schema.patternProperties === undefined ? [] : ["additionalProperties", "unevaluatedProperties"];
  const rest = Object.entries(schema).filter(([word]) => !BY_NAME.has(word) && !open.includes(word));
  const renamed = {
    ...Object.fromEntries(rest),
    properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [plain(name), inner])),
    ...(required.length > 0 && { required: required.map(plain) }),
  };
  return { schema: renamed, keys };
}

function plainKey(name: string): string {
  return name.replace(/[^a-zA-Z0-9_.-]/g, "_").slice(0, 64) || "_";
}

/** A call's input as the model knows it. */
export function modelInput(input: JsonObject, keys: KeyNames): JsonObject {
  const models = new Map([...keys].map(([model, client]) => [client, model]));
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [models.get(name) ?? name, value]));
}

/** The JSON text of a call's input as the client knows it; what is no JSON object stays as it is. */
export function clientInput(text: string, keys: KeyNames): string {
  try {
    const value = parseExact(text, "digits");
    if (!isObject(value)) return text;
    const entries = Object.entries(value).map(([name, inner]) => [keys.get(name) ?? name, inner]);
    return jsonText(Object.fromEntries(entries));
  } catch {
    return text;
  }
}
