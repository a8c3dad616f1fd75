/** What a client may send over a session's socket: one text in, one {@link Incoming} out, or a RouterError. */
import { RouterError } from "../../errors.ts";
import { readJsonText } from "../../lib/json-text.ts";
import type { JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";

/** Images included. Smaller than a row of SQLite storage may be. */
export const MAX_MESSAGE_BYTES = 2 ** 20;
const MAX_ID_CHARS = 128;
const CONTROLS = ["cancel", "resume", "reset", "ack"];
const encoder = new TextEncoder();

export type Incoming = TurnRequest | Control;

/** A turn: answered from `messages` alone, or from the session's history and what `input` adds to it. */
export type TurnRequest = StatelessTurn | SessionTurn;

interface TurnBase {
  /** Names the turn, so that it can be repeated without being run twice. */
  readonly id?: string;
  /** The chat completion request but for `messages`; it streams. */
  readonly body: JsonObject;
}
export interface StatelessTurn extends TurnBase {
  readonly kind: "stateless";
  readonly messages: unknown;
}
export interface SessionTurn extends TurnBase {
  readonly kind: "session";
  readonly input: readonly JsonObject[];
  /** Replaces the session's system message. */
  readonly system?: string;
}

export type Control =
  /** The named turn, else the one that runs. */
  | { readonly kind: "cancel"; readonly id?: string }
  | { readonly kind: "resume"; readonly after: number }
  | { readonly kind: "reset" }
  | { readonly kind: "ack"; readonly seq: number };

/** A refused message, with the turn's id where it could be read. */
export class Refused extends Error {
  readonly error: RouterError;
  readonly id: string | undefined;

  constructor(error: RouterError, id?: string) {
    super(error.message);
    this.error = error;
    this.id = id;
  }
}

/**
 * Parses one message of a client.
 * @throws Refused with `invalid_value`, `invalid_json` or `request_too_large`.
 */
export function parseMessage(data: string | ArrayBuffer): Incoming {
  if (typeof data !== "string")
    throw wrong("Send JSON as a text message; binary messages are not understood.");
  if (isTooLarge(data)) {
    const text = `The message is larger than ${MAX_MESSAGE_BYTES} bytes, images included. Send less, or use POST /v1/chat/completions.`;
    throw new Refused(new RouterError("request_too_large", text));
  }
  const body = parseObject(data);
  // JSON's null means "not set", as over HTTP.
  if (body.type !== undefined && body.type !== null) return parseControl(body);
  return parseTurn(body);
}

/** A turn's `messages` or input as the messages of a request; `system` and the history go before them. */
function parseTurn(body: JsonObject): TurnRequest {
  const { id: rawId, type: _, ...rest } = body;
  const { message = null, messages = null, system = null, ...fields } = rest;
  const id = parseId(rawId);
  const base = { ...(id !== undefined && { id }), body: { ...fields, stream: true } };
  if (messages !== null) {
    if (message !== null) throw wrong("Send `messages` or `message`, not both.", "message", id);
    if (system !== null)
      throw wrong("`system` goes with `message`; here it is one of `messages`.", "system", id);
    return { kind: "stateless", ...base, messages };
  }
  if (message === null) {
    throw wrong(
      "Send `messages` (one request), `message` (a turn of this session) or `type` (cancel, resume, reset, ack).",
      "messages",
      id,
    );
  }
  if (system === null) return { kind: "session", ...base, input: parseInput(message, id) };
  if (typeof system !== "string") throw wrong("Invalid 'system': expected a string.", "system", id);
  return { kind: "session", ...base, input: parseInput(message, id), system };
}

/** A text, the parts of one user message, a message, or several: results of tool calls come together. */
function parseInput(message: unknown, id: string | undefined): JsonObject[] {
  if (typeof message === "string") return [{ role: "user", content: message }];
  const items: unknown[] = Array.isArray(message) ? message : [message];
  const objects = items.filter(isObject);
  if (objects.length === 0 || objects.length < items.length) {
    throw wrong("Invalid 'message': expected a string, content parts or messages.", "message", id);
  }
  if (Array.isArray(message) && objects.every((item) => item.role === undefined)) {
    return [{ role: "user", content: objects }];
  }
  for (const { role } of objects) {
    if (role !== "user" && role !== "tool") {
      throw wrong(
        "Invalid 'message': expected the role user or tool; a system text goes into `system`.",
        "message",
        id,
      );
    }
  }
  return objects;
}

function parseControl(body: JsonObject): Control {
  switch (body.type) {
    case "cancel": {
      const id = parseId(body.id);
      return { kind: "cancel", ...(id !== undefined && { id }) };
    }
    case "resume":
      return { kind: "resume", after: parseSeq(body.after, "after") };
    case "reset":
      return { kind: "reset" };
    case "ack":
      return { kind: "ack", seq: parseSeq(body.seq, "seq") };
    default:
      throw wrong(`Invalid 'type': expected one of ${CONTROLS.join(", ")}; a turn has none.`, "type");
  }
}

function parseId(id: unknown): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === "string" && id !== "" && id.length <= MAX_ID_CHARS) return id;
  throw wrong(`Invalid 'id': expected a string of 1 to ${MAX_ID_CHARS} characters.`, "id");
}

function parseSeq(value: unknown, param: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(`Invalid '${param}': expected the \`seq\` of a frame, or 0.`, param);
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = readJsonText(text);
  } catch (thrown) {
    throw thrown instanceof RouterError ? new Refused(thrown) : thrown;
  }
  if (isObject(value)) return value;
  throw wrong("The message must be a JSON object.");
}

/** UTF-8 needs 1 to 3 bytes for a unit of UTF-16, so most texts need no counting. */
function isTooLarge(text: string): boolean {
  if (text.length > MAX_MESSAGE_BYTES) return true;
  return text.length * 3 > MAX_MESSAGE_BYTES && encoder.encode(text).length > MAX_MESSAGE_BYTES;
}

function wrong(message: string, param?: string, id?: string): Refused {
  return new Refused(new RouterError("invalid_value", message, param === undefined ? {} : { param }), id);
}
