/** Names of tools in namespaces, as functions have them, of items, as errors have them, and of errors. */
import type { RouterError } from "../../../errors.ts";
import { fnv1a } from "../../../lib/text.ts";

/** The longest name of a function that OpenAI's API and Bedrock's take. */
const LONGEST_NAME = 64;

/** `namespace__name`; what is too long is cut and ends in a checksum, so that two long names stay two. */
export function flatName(name: string, namespace: string | undefined): string {
  const whole = namespace === undefined ? name : `${namespace}__${name}`;
  if (whole.length <= LONGEST_NAME || namespace === undefined) return whole;
  return `${whole.slice(0, LONGEST_NAME - 9)}_${checksum(whole)}`;
}

/** Where an item stands, as its client counts: the first `before` are what its `previous_response_id` stands for. */
export function itemPath(index: number, before = 0): string {
  return index < before ? `previous_response_id[${index}]` : `input[${index - before}]`;
}

/** The codes that clients know; the router's own stands in the `error` event before it. */
export function responseErrorCode({ code }: RouterError): string {
  if (code === "rate_limit_exceeded" || code === "context_length_exceeded") return code;
  return "server_error";
}

/** Eight hex digits: only to tell names apart. */
function checksum(text: string): string {
  return fnv1a(text).toString(16).padStart(8, "0");
}
