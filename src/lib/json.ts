/** Small readers for JSON whose shape is not known: what does not fit is `undefined`, never an exception. */

import { isExactNumber, plainNumber } from "./exact-json.ts";

/** A JSON object whose members are not known yet. */
export type JsonObject = { [key: string]: unknown };

/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** The value if it is a JSON object, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The JSON objects of a list; none of what is no list. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A JSON text as the object that it is; undefined where it is none, or no JSON. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return asObject(value);
  } catch {
    return undefined;
  }
}

/** The value if it is a string, else the empty string. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** An object without the members that say nothing: those without a value, empty texts, lists and objects. */
export function withoutEmpty(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === "object" && Object.keys(value).length === 0) ||
    value === ""
  );
}

/** A count as a whole number that can be added up, or undefined. Guardrails turn Bedrock's integers into floats (`197.0`). */
export function asCount(value: unknown): number | undefined {
  const count = plainNumber(value);
  return count !== undefined && count >= 0 && count <= Number.MAX_SAFE_INTEGER
    ? Math.round(count)
    : undefined;
}

/** `["messages", 0, "content"]` as `messages[0].content`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}
