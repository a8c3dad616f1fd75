/** Reads the fields of a client's JSON body: each has its type, or the request is refused with the field's own path. */
import type { JsonObject } from "../chat/request.ts";
import { RouterError } from "../errors.ts";
import { isObject } from "../lib/json.ts";

/** RouterError `invalid_value` that names the field. @param text What to send instead; without a full stop. */
export function invalid(param: string, text: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${text}.`, { param });
}

/** {@link invalid} for a field that has to be there. */
function unfit(param: string, value: unknown, text: string): RouterError {
  return invalid(param, value === undefined ? `missing; ${text}` : text);
}

/** The request itself. @throws RouterError `invalid_value` for anything but an object. */
export function requestBody(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new RouterError("invalid_value", "Invalid request: expected a JSON object.");
}

/** @throws RouterError `invalid_value` for anything but an object. */
export function objectAt(value: unknown, param: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw unfit(param, value, "expected an object");
}

/** @throws RouterError `invalid_value` for what is no list or is longer than `most`: nothing in it was looked at by then. */
export function listAt(value: unknown, param: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw unfit(param, value, "expected an array");
  if (value.length > most) throw invalid(param, `expected at most ${most} entries, not ${value.length}`);
  return value;
}

/** @throws RouterError `invalid_value` for anything but a string. */
export function textAt(value: unknown, param: string): string {
  if (typeof value === "string") return value;
  throw unfit(param, value, "expected a string");
}

/** {@link textAt}, or undefined where the field is missing or null. */
export function optionalText(value: unknown, param: string): string | undefined {
  return isUnset(value) ? undefined : textAt(value, param);
}

/** A boolean, or undefined where the field is missing or null. @throws RouterError `invalid_value` */
export function optionalBoolean(value: unknown, param: string): boolean | undefined {
  if (isUnset(value)) return undefined;
  if (typeof value === "boolean") return value;
  throw invalid(param, "expected a boolean");
}

/** A number within both bounds, or undefined where the field is missing or null. @throws RouterError `invalid_value` */
export function optionalNumber(
  value: unknown,
  param: string,
  { least, most, whole = false }: { readonly least: number; readonly most: number; readonly whole?: boolean },
): number | undefined {
  if (isUnset(value)) return undefined;
  if (typeof value !== "number" || (whole && !Number.isInteger(value))) {
    throw invalid(param, `expected ${whole ? "an integer" : "a number"}`);
  }
  if (value < least) throw invalid(param, `must be at least ${least}`);
  if (value > most) throw invalid(param, `must be at most ${most}`);
  return value;
}

/** One of the words, or undefined where the field is missing or null. @throws RouterError `invalid_value` */
export function optionalWord<W extends string>(
  value: unknown,
  param: string,
  words: readonly W[],
): W | undefined {
  if (isUnset(value)) return undefined;
  const word = words.find((known) => known === value);
  if (word === undefined) throw invalid(param, `expected one of ${words.map((w) => `"${w}"`).join(", ")}`);
  return word;
}

/** Missing or null: clients write both for "not set". */
export function isUnset(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
