/** What the admin's questions have in common. */
import { RouterError } from "../../errors.ts";
import type { AppContext } from "../../http/context.ts";

const LISTED = 100;
const MOST_LISTED = 1000;
const MOST_NAME_CHARS = 200;

/** The error of a field or parameter that is not as it has to be. */
export function wrong(param: string, text: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${text}`, { param });
}

/** A whole number of the query. @throws RouterError with `param`. */
export function wholeNumber(c: AppContext, param: string, otherwise: number, most: number): number {
  const value = Number(c.req.query(param) ?? otherwise);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw wrong(param, `expected a whole number from 1 to ${most}.`);
}

/** `limit`: of what is listed at once. @throws RouterError with `param`. */
export function limitOf(c: AppContext): number {
  return wholeNumber(c, "limit", LISTED, MOST_LISTED);
}

/** `key`: the name of one. @throws RouterError with `param`. */
export function keyNameOf(c: AppContext): string | undefined {
  const key = c.req.query("key");
  if (key === undefined || (key !== "" && key.length <= MOST_NAME_CHARS)) return key;
  throw wrong("key", "expected the name of a key.");
}
