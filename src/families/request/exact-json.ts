/** Tool results that are JSON, for formats that take objects beside text. */
import { weighed } from "../../lib/json-text.ts";

/** Digits beyond what a JavaScript number holds, or null, which Bedrock refuses in most places. */
const NOT_EXACT = /\d{16}|\d[eE][+-]?\d{3}|null/;

/** The JSON value of a text that is an object or a list and comes out of JavaScript as it went in; else undefined. */
export function exactJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text) || NOT_EXACT.test(text) || weighed(text).why !== undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
