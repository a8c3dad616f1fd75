/** The forms that a single value of the configuration may have: how each is read, and how an editor's JSON Schema says it. */

/** A form of values that are read as `T`. */
export interface Form<T> {
  /** What the value means; undefined for one that has not this form. */
  readonly read: (value: unknown) => T | undefined;
  /** The form in JSON Schema's keywords, but for `pattern`, which keeps its flags. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** true and false themselves. */
export const boolean: Form<boolean> = {
  read: (value) => (typeof value === "boolean" ? value : undefined),
  schema: { type: "boolean" },
};

/** Any text. */
export const string: Form<string> = {
  read: (value) => (typeof value === "string" ? value : undefined),
  schema: { type: "string" },
};

/** A text of this form. */
export function matching(pattern: RegExp, { maxLength }: { readonly maxLength?: number } = {}): Form<string> {
  const fits = (text: string) => text.length <= (maxLength ?? text.length) && pattern.test(text);
  return {
    read: (value) => (typeof value === "string" && fits(value) ? value : undefined),
    schema: { type: "string", ...(maxLength !== undefined && { maxLength }), pattern },
  };
}

/** One of a few texts. */
export function words<T extends string>(choices: readonly T[]): Form<T> {
  return {
    read: (value) => choices.find((choice) => choice === value),
    schema: { type: "string", enum: choices },
  };
}

/** Bounds of a number, in JSON Schema's words. */
export interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** A number that is neither infinite nor none. */
export function number(bounds: Bounds = {}): Form<number> {
  return {
    read: (value) => (Number.isFinite(value) && isWithin(value, bounds) ? value : undefined),
    schema: { type: "number", ...bounds },
  };
}

/** A whole number that JavaScript holds exactly. */
export function integer(bounds: Bounds): Form<number> {
  return {
    read: (value) => (Number.isSafeInteger(value) && isWithin(value, bounds) ? value : undefined),
    schema: { type: "integer", ...bounds },
  };
}

function isWithin(value: unknown, { minimum, maximum, exclusiveMinimum }: Bounds): value is number {
  return (
    typeof value === "number" &&
    value >= (minimum ?? value) &&
    value <= (maximum ?? value) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum)
  );
}

/** One form or another. */
export function either<A, B>(one: Form<A>, other: Form<B>): Form<A | B> {
  return {
    read: (value) => one.read(value) ?? other.read(value),
    schema: { anyOf: [one.schema, other.schema] },
  };
}

/** What `form` takes and `read` makes something of; undefined is wrong. */
export function parsed<I, T>(form: Form<I>, read: (value: I) => T | undefined): Form<T> {
  return {
    ...form,
    read(value) {
      const found = form.read(value);
      return found === undefined ? undefined : read(found);
    },
  };
}
