/**
 * A model's own Messages events as server-sent events, from bytes to bytes: their JSON stays as it is, but for the model's name at the
 * start. No text is made of what is only handed on.
 */
import { asObject, asText } from "../../../lib/json.ts";
import { editedObject, textMembers } from "../../../lib/json-edit.ts";
import { type MessagesWatch, messagesWatch } from "./watch.ts";

export interface EventFraming {
  /** Takes an event's JSON, whose bytes it does not keep. */
  push(json: Uint8Array): void;
  /** What was framed since the last call; valid until the next `push`. */
  take(): Uint8Array<ArrayBuffer>;
  readonly watch: MessagesWatch;
}

interface KnownType {
  readonly type: string;
  /** How the JSON of such an event begins. */
  readonly start: Uint8Array;
  /** What stands before it on the wire. */
  readonly head: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const FIRST_BYTES = 16_384;

/** By how often they come. */
const TYPES: readonly KnownType[] = [
  "content_block_delta",
  "content_block_start",
  "content_block_stop",
  "ping",
  "message_start",
  "message_delta",
  "message_stop",
].map((type) => ({
  type,
  start: encoder.encode(`{"type":${JSON.stringify(type)}`),
  head: headOf(type),
}));

function headOf(type: string): Uint8Array {
  return encoder.encode(`event: ${type}\ndata: `);
}

/** @param model The configured name, which the client knows the model by. */
export function eventFraming(model: string): EventFraming {
  const watch = messagesWatch();
  let buffer = new Uint8Array(FIRST_BYTES);
  let length = 0;

  const reserve = (bytes: number): void => {
    if (length + bytes <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + bytes));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  const write = (head: Uint8Array, json: Uint8Array): void => {
    reserve(head.length + json.length + 2);
    buffer.set(head, length);
    buffer.set(json, length + head.length);
    length += head.length + json.length;
    buffer[length] = NEWLINE;
    buffer[length + 1] = NEWLINE;
    length += 2;
  };
  /** An event that has to be read as text: one line of it, under a name of one line. */
  const rewrite = (json: Uint8Array): void => {
    const text = decoder.decode(json);
    const data: unknown = JSON.parse(text);
    const type = asText(asObject(data)?.type).replace(/[^a-z_]/g, "");
    watch.see(type, text.length, () => data);
    // Who reads this says it in the words of the router.
    if (watch.failure !== undefined || type === "") return;
    // In valid JSON a line break stands between two tokens, where it means nothing.
    const line = text.replace(/[\r\n]+/g, "");
    write(headOf(type), encoder.encode(type === "message_start" ? renamed(line, model) : line));
  };
  return {
    watch,
    push(json) {
      if (watch.failure !== undefined) return;
      const known = TYPES.find(({ start }) => startsWith(json, start));
      if (known === undefined || known.type === "message_start" || isBroken(json)) return rewrite(json);
      watch.see(known.type, json.length, () => JSON.parse(decoder.decode(json)));
      write(known.head, json);
    },
    take() {
      const bytes = buffer.subarray(0, length);
      length = 0;
      return bytes;
    },
  };
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (bytes.length < start.length) return false;
  for (let at = 0; at < start.length; at += 1) if (bytes[at] !== start[at]) return false;
  return true;
}

/** A line break between two tokens would end the event. */
function isBroken(json: Uint8Array): boolean {
  return json.indexOf(NEWLINE) !== -1 || json.indexOf(RETURN) !== -1;
}

/** `message_start` under the name by which the client knows the model. */
function renamed(text: string, model: string): string {
  const message = textMembers(text).find(({ key }) => key === "message")?.value;
  return message === undefined
    ? text
    : editedObject(text, new Map([["message", namedMessage(message, model)]]));
}

/** A message, as JSON text, under the name by which the client knows its model. */
export function namedMessage(text: string, model: string): string {
  return editedObject(text, new Map([["model", JSON.stringify(model)]]));
}
