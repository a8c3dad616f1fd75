/**
 * Shapes of a request's JSON, declared field by field. A value is checked where it lies, up to its first fault, and nothing of
 * it is copied. A library's schemas of the chat request alone took a third of what an isolate runs at its start.
 */
import { isObject, type JsonObject } from "../lib/json.ts";

/** Where a value does not fit and what to send instead; a shape fills it in, from the inside out. */
export interface Fault {
  path: PropertyKey[];
  /** Without a full stop. */
  text: string;
}

/** Whether a value fits. @param fault Filled in where it does not. */
export type Shape<T> = (value: unknown, fault: Fault) => value is T;

/** What fits a shape. */
export type Of<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<unknown>>>;
type ObjectOf<F extends Fields> = JsonObject & { readonly [K in keyof F]: Of<F[K]> };

/** Before anything was found. */
export function noFault(): Fault {
  return { path: [], text: "" };
}

/** What `fits`. @param text What is wrong with anything else. */
export function shape<T>(text: string, fits: (value: unknown) => value is T): Shape<T> {
  return (value, fault): value is T => fits(value) || wrong(fault, text);
}

export const text = shape("expected a string", (value) => typeof value === "string");
export const boolean = shape("expected a boolean", (value) => typeof value === "boolean");
export const json = shape("expected an object", isObject);

/** A text of at least one character. */
export const filledText: Shape<string> = (value, fault): value is string =>
  text(value, fault) && (value !== "" || wrong(fault, "must not be empty"));

/** Both bounds included. */
export function number(least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): Shape<number> {
  return (value, fault): value is number => {
    if (typeof value !== "number") return wrong(fault, "expected a number");
    if (value < least) return wrong(fault, `must be at least ${least}`);
    return value <= most || wrong(fault, `must be at most ${most}`);
  };
}

/** A whole number; both bounds included. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Shape<number> {
  const inBounds = number(least, most);
  return (value, fault): value is number => {
    if (typeof value === "number" && !Number.isInteger(value)) return wrong(fault, "expected an integer");
    return inBounds(value, fault);
  };
}

/** One of a few texts. */
export function word<const W extends string>(...words: readonly W[]): Shape<W> {
  const names = words.map((each) => JSON.stringify(each)).join(", ");
  const expected = `expected ${words.length > 1 ? "one of " : ""}${names}`;
  return shape(expected, (value): value is W => words.some((each) => each === value));
}

/** The shape, or nothing: clients write null for "not set". */
export function optional<T>(of: Shape<T>): Shape<T | null | undefined> {
  return (value, fault): value is T | null | undefined =>
    value === undefined || value === null || of(value, fault);
}

/** An object with these fields; others may be anything. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  const entries = Object.entries(fields);
  return (value, fault): value is ObjectOf<F> => {
    if (!json(value, fault)) return false;
    for (const [name, of] of entries) {
      if (of(value[name], fault)) continue;
      if (value[name] === undefined) fault.text = `missing; ${fault.text}`;
      return within(fault, name);
    }
    return true;
  };
}

/** An object whose members are all alike. */
export function record<T>(of: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, fault): value is Readonly<Record<string, T>> => {
    if (!json(value, fault)) return false;
    for (const [name, member] of Object.entries(value)) {
      if (!of(member, fault)) return within(fault, name);
    }
    return true;
  };
}

/** An array. @param least How many elements it has to have: none, or one. */
export function list<T>(of: Shape<T>, least: 0 | 1 = 0): Shape<readonly T[]> {
  return (value, fault): value is readonly T[] => {
    if (!Array.isArray(value)) return wrong(fault, "expected an array");
    if (value.length < least) return wrong(fault, "must not be empty");
    for (let index = 0; index < value.length; index++) {
      if (!of(value[index], fault)) return within(fault, index);
    }
    return true;
  };
}

/** One shape or another. What fits neither was meant as the one that it fits further. */
export function either<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> {
  return (value, fault): value is A | B => {
    const [first, second] = [noFault(), noFault()];
    if (one(value, first) || other(value, second)) return true;
    const { path, text } = second.path.length > first.path.length ? second : first;
    fault.path = path;
    fault.text = path.length > 0 ? text : [...new Set([first.text, second.text])].join(", or ");
    return false;
  };
}

function wrong(fault: Fault, text: string): false {
  fault.text = text;
  return false;
}

function within(fault: Fault, step: PropertyKey): false {
  fault.path.unshift(step);
  return false;
}
