/** How many elements the lists of a request may have, checked before anybody looks at one of them. */
import { RouterError } from "../errors.ts";
import type { JsonObject } from "./json.ts";
import { isObject, pathText } from "./json.ts";

/** By place, such as `messages[].content`: the most elements of the list, or members of the object, that stands there. */
export type Counts = Readonly<Record<string, number>>;

/** A step into a member, or (undefined) into each element. */
type Step = string | undefined;

/**
 * Makes the check of a dialect's requests. An outer list comes before what is inside of it.
 * @returns a function that throws RouterError `invalid_value` for the first place with too much.
 */
export function countCheck(counts: Counts): (body: JsonObject) => void {
  const places = Object.entries(counts).map(([place, most]) => ({ steps: stepsOf(place), most }));
  return (body) => {
    for (const { steps, most } of places) check(body, steps, most, []);
  };
}

function stepsOf(place: string): Step[] {
  return place
    .replaceAll("[]", ".[]")
    .split(".")
    .map((step) => (step === "[]" ? undefined : step));
}

function check(value: unknown, [step, ...steps]: readonly Step[], most: number, path: PropertyKey[]): void {
  if (Array.isArray(value) && step === undefined) {
    for (const [index, element] of value.entries()) next(element, steps, most, [...path, index]);
  } else if (isObject(value) && step !== undefined && Object.hasOwn(value, step)) {
    next(value[step], steps, most, [...path, step]);
  }
}

function next(value: unknown, steps: readonly Step[], most: number, path: PropertyKey[]): void {
  if (steps.length > 0) {
    check(value, steps, most, path);
    return;
  }
  const size = Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
  if (size <= most) return;
  const param = pathText(path);
  throw new RouterError("invalid_value", `Invalid '${param}': at most ${most} are taken, ${size} came.`, {
    param,
  });
}
