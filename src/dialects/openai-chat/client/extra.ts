/**
 * What an upstream of this very dialect said beyond what every model says (`logprobs`, `system_fingerprint`, ...): written
 * where it stood, into the answer that the router writes anew.
 */
import { asObject, isObject, type JsonObject, parseObject } from "../../../lib/json.ts";

/** By where it stands: in the chunk or the completion itself, in its choice, in that choice's delta or message. */
export interface ExtraFields {
  readonly chunk?: JsonObject | undefined;
  readonly choice?: JsonObject | undefined;
  readonly message?: JsonObject | undefined;
}

/** Reads the fields of an `extra` delta of this dialect. */
export function extraFields({ chunk, choice, message }: JsonObject): ExtraFields {
  return { chunk: asObject(chunk), choice: asObject(choice), message: asObject(message) };
}

/** A chunk's JSON text with what belongs into it; a chunk without a choice takes only what is the chunk's own. */
export function withExtra(json: string, { chunk, choice, message }: ExtraFields): string {
  const written = parseObject(json) ?? {};
  const choices: readonly unknown[] = Array.isArray(written.choices) ? written.choices : [];
  const filled = choices.map((one) => {
    if (!isObject(one)) return one;
    return { ...one, ...choice, delta: { ...asObject(one.delta), ...message } };
  });
  return JSON.stringify({ ...written, ...chunk, choices: filled });
}
