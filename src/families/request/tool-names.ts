/**
 * Tool and parameter names for models that take only letters, digits and underscores. The escape can be undone, so a
 * call comes back under the client's own name without anything to remember.
 */

/** An underscore that would read as the start of an escape, a digit in front, and every other character. */
const TO_ESCAPE = /^[0-9]|_(?=x[0-9a-f]+(?:_|[^A-Za-z0-9_]))|[^A-Za-z0-9_]/g;
const ESCAPED = /_x([0-9a-f]{1,4})_/g;

/** A name of letters, digits and underscores that does not begin with a digit: `get-weather` gives `get_x2d_weather`. */
export function plainName(name: string): string {
  return name.replace(TO_ESCAPE, (character) => `_x${character.charCodeAt(0).toString(16)}_`);
}

/** The name that {@link plainName} made this one from. */
export function originalName(plain: string): string {
  return plain.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
