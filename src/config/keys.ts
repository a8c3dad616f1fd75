/**
 * Tables of keys: what a section of the file may hold and what counts where it is silent. The loader reads by them, and the
 * configuration's JSON Schema and documentation are generated from them.
 */
import { type Field, text } from "./fields.ts";

/** A key of the file. `D` is what counts when the file does not set it. */
export interface Key<T, D = T | undefined> {
  /** As in the file. */
  readonly name: string;
  readonly field: Field<T>;
  readonly otherwise: D;
  readonly many?: boolean;
}

/** A key with a list; one value stands for a list of one. */
export interface ListKey<T, D = readonly T[] | undefined> extends Key<T, D> {
  readonly many: true;
}

/** By the name that the value gets in the configuration. */
export type Keys = Readonly<Record<string, Key<unknown, unknown>>>;

type ValueOf<K> =
  K extends ListKey<infer T, unknown> ? readonly T[] : K extends Key<infer T, unknown> ? T : never;
/** Those of the keys that nothing stands in for. */
type Unset<K> = { [P in keyof K]: K[P] extends Key<unknown, undefined> ? P : never }[keyof K];

/** What reading a table of keys gives: a property for each that is set or has a default. */
export type ValuesOf<K> = { readonly [P in Exclude<keyof K, Unset<K>>]: ValueOf<K[P]> } & {
  readonly [P in Unset<K>]?: ValueOf<K[P]>;
};

/** A key with one value. A blank text counts as not set. */
export function key<T>(name: string, field: Field<T>): Key<T, undefined>;
export function key<T>(name: string, field: Field<T>, otherwise: NoInfer<T>): Key<T, T>;
export function key<T>(name: string, field: Field<T>, otherwise?: T): Key<T> {
  return { name, field, otherwise };
}

/** A key with a list. */
export function listKey<T>(name: string, field: Field<T>): ListKey<T, undefined>;
export function listKey<T>(
  name: string,
  field: Field<T>,
  otherwise: readonly NoInfer<T>[],
): ListKey<T, readonly T[]>;
export function listKey<T>(name: string, field: Field<T>, otherwise?: readonly T[]): ListKey<T> {
  return { name, field, otherwise, many: true };
}

/** The keys' names in the file. */
export function namesOf(keys: Keys): string[] {
  return Object.values(keys).map(({ name }) => name);
}

/** Which upstream a model is called at. */
export const PROVIDER = key("provider", text);
/** The upstream's own id of a model. */
export const MODEL = key("model", text);
