/**
 * Reads JSON that somebody else wrote. What a text may become is bounded before it is parsed: JSON.parse takes 200,000
 * levels without complaint, and 8 MiB of `[[],[],…]` are 100 MiB of arrays.
 */
import { RouterError } from "../errors.ts";
import { parseExact } from "./exact-json.ts";
import { isObject, pathText } from "./json.ts";

/** Levels of objects and arrays; a client's own limits are far below (OpenAI takes schemas of 10). */
export const MAX_LEVELS = 200;
/** Objects, arrays, their members and elements. */
export const MAX_VALUES = 500_000;
/** What one becomes while a request is checked and translated. */
const VALUE_BYTES = 64;
/** Members of the request itself. */
export const MAX_FIELDS = 500;
/** How much of the way to a fault is told. */
const SHOWN_STEPS = 4;
const SHOWN_KEY_CHARS = 40;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A JSON text that holds no more than a request may. */
export interface BoundedJson {
  /** About what its values use while the request is checked and translated, beside its texts. */
  readonly bytes: number;
  /**
   * A byte order mark is skipped.
   * @throws RouterError `invalid_json`; `invalid_value` where the request has too many fields.
   */
  parse(): unknown;
}

/**
 * Looks at a request before it is parsed.
 * @throws RouterError `invalid_value` with `param` where it holds too many levels or values.
 */
export function boundedJson(text: string): BoundedJson {
  const { values, fault } = measured(text, MAX_VALUES);
  if (fault) throw invalid(pathAt(text, fault.at), fault.why);
  return { bytes: values * VALUE_BYTES, parse: () => fieldsChecked(parsed(text)) };
}

/** Reads a request, from whichever door it comes. Throws what {@link boundedJson} and its `parse` throw. */
export function readJsonText(text: string): unknown {
  return boundedJson(text).parse();
}

function fieldsChecked(value: unknown): unknown {
  if (isObject(value) && Object.keys(value).length > MAX_FIELDS) {
    throw invalid("", `the request has more than ${MAX_FIELDS} fields`);
  }
  return value;
}

/** How many values a JSON text holds, or what is too much of it: for JSON inside of a request's texts. */
export function weighed(text: string): { readonly values: number; readonly why?: string } {
  const { values, fault } = measured(text, MAX_VALUES);
  return fault ? { values, why: fault.why } : { values };
}

function parsed(text: string): unknown {
  try {
    return parseExact(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch {
    throw new RouterError(
      "invalid_json",
      "The request is not valid JSON. Check it for a missing quote or bracket, a trailing comma, or an end that was cut off.",
    );
  }
}

interface Fault {
  /** The index of the character that is too much. */
  readonly at: number;
  readonly why: string;
}

/** One look at each character that is outside of strings; whether it is JSON at all is left to the parser. */
function measured(text: string, most: number): { values: number; fault?: Fault } {
  let levels = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        values += 1;
        levels += 1;
        if (levels > MAX_LEVELS) {
          return { values, fault: { at, why: `it is nested deeper than ${MAX_LEVELS} levels` } };
        }
        break;
      case COMMA:
      case COLON:
        values += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        levels -= 1;
    }
    if (values > most) {
      return { values, fault: { at, why: `the request holds more than ${MAX_VALUES} values` } };
    }
  }
  return { values };
}

/** The index of the closing quote, or of the text's end. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/** The way to an index, e.g. `tools[0].function.parameters`. */
function pathAt(text: string, end: number): string {
  const path: (string | number)[] = [];
  let name = "";
  for (let at = 0; at < end; at++) {
    const last = path.at(-1);
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const start = at + 1;
        at = endOfString(text, at);
        name = text.slice(start, Math.min(at, start + SHOWN_KEY_CHARS));
        break;
      }
      case COLON:
        path.splice(-1, 1, name);
        break;
      case COMMA:
        if (typeof last === "number") path.splice(-1, 1, last + 1);
        break;
      case OPEN_BRACE:
        path.push("");
        break;
      case OPEN_BRACKET:
        path.push(0);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        path.pop();
    }
  }
  return pathText(path.slice(0, SHOWN_STEPS));
}

function invalid(param: string, why: string): RouterError {
  const head = param === "" ? "Invalid request" : `Invalid '${param}'`;
  return new RouterError("invalid_value", `${head}: ${why}.`, param === "" ? {} : { param });
}
