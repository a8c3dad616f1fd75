/** Names that a format takes, one for each that it does not: two never become one. */

/**
 * @param clean The name that a format takes, of at most `longest` characters; one that it takes stays as it is.
 * @param names Known beforehand: those that stay as they are get no number.
 * @returns gives a name's form, the same at every call. Which of two that look alike gets a number depends on their order.
 */
export function uniqueNames(
  clean: (name: string) => string,
  { names = [], longest = 64 }: { readonly names?: Iterable<string>; readonly longest?: number } = {},
): (name: string) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  const next = new Map<string, number>();
  const give = (name: string, form: string): string => {
    given.set(name, form);
    taken.add(form);
    return form;
  };
  for (const name of names) if (clean(name) === name) give(name, name);
  return (name) => {
    const known = given.get(name);
    if (known !== undefined) return known;
    const wanted = clean(name);
    let form = wanted;
    let number = next.get(wanted) ?? 1;
    while (taken.has(form)) {
      number += 1;
      form = `${wanted.slice(0, longest - `_${number}`.length)}_${number}`;
    }
    next.set(wanted, number);
    return give(name, form);
  };
}
