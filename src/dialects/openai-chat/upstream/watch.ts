/** What the router sees of a chat answer that it hands on: usage, failure and end. */
import { note, nothingSeen } from "../../../chat/seen.ts";
import type { RouterError } from "../../../errors.ts";
import { isObject, parseObject, type JsonObject } from "../../../lib/json.ts";
import { chatReader } from "./reader.ts";

/** An error that stands in the upstream's answer, and its JSON as it may go out. */
export interface Embedded {
  readonly error: RouterError;
  readonly data: string;
}

/**
 * Watches `chat.completion.chunk` events.
 * @param hidesUsage The client did not ask for the usage chunk: it is taken out.
 * @param embedded Reads an error event.
 */
export function chatEventWatch(hidesUsage: boolean, embedded: (data: string) => Embedded) {
  const seen = nothingSeen();
  const reader = chatReader();
  let done = false;
  /** The data of an event as it goes out; undefined for one that is taken out. */
  const event = (data: string): string | undefined => {
    if (done || seen.failure || data === "") return data;
    if (data === "[DONE]") {
      done = true;
      note(seen, reader.done());
      seen.finished = true;
      return data;
    }
    const chunk = parseObject(data);
    if (chunk === undefined) return data;
    if (holdsError(chunk)) {
      const { error, data: clean } = embedded(data);
      seen.failure = error;
      return clean;
    }
    note(seen, reader.chunk(chunk));
    const { choices } = chunk;
    // What this router does not know may be what the client waits for.
    if (!Array.isArray(choices)) seen.begun = true;
    const onlyUsage = Array.isArray(choices) && choices.length === 0 && isObject(chunk.usage);
    return hidesUsage && onlyUsage ? undefined : data;
  };
  return Object.assign(seen, { event });
}

/** Watches a `chat.completion` body. */
export function chatBodyWatch(embedded: (data: string) => Embedded) {
  const seen = nothingSeen();
  const body = (text: string): void => {
    const completion = parseObject(text);
    if (completion === undefined) return;
    seen.begun = true;
    if (holdsError(completion)) {
      seen.failure = embedded(text).error;
      return;
    }
    seen.finished = true;
    note(seen, chatReader().chunk(completion));
  };
  return Object.assign(seen, { body });
}

/** Whether a chunk or a completion tells of a failure. */
export function holdsError({ error, object }: JsonObject): boolean {
  return (error !== undefined && error !== null) || object === "error";
}
