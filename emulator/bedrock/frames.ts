/** Event-stream messages as Bedrock writes them, framed by AWS's own codec. */
import { EventStreamCodec } from "@smithy/eventstream-codec";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

// The `p` member hides the length of what is sent: a prefix of these letters, of random length.
const PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** One chunk: `payload` is the model's own JSON, as text. */
export function chunkFrame(payload: string): Uint8Array {
  return eventFrame("chunk", { bytes: Buffer.from(payload).toString("base64") });
}

/** One event of ConverseStream, whose payload is its own JSON. */
export function eventFrame(type: string, payload: object): Uint8Array {
  const p = PADDING.slice(0, 1 + Math.floor(Math.random() * PADDING.length));
  return rawEventFrame(type, JSON.stringify({ ...payload, p }));
}

/** An event whose payload is this text, JSON or not. */
export function rawEventFrame(type: string, payload: string): Uint8Array {
  return message(
    { ":event-type": type, ":content-type": "application/json", ":message-type": "event" },
    payload,
  );
}

/** A modelled exception; `type` in camelCase, e.g. `throttlingException`. */
export function exceptionFrame(type: string, body: object): Uint8Array {
  return message(
    { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" },
    JSON.stringify(body),
  );
}

/** An unmodelled error: no payload, everything in the headers. */
export function errorFrame(code: string, text: string): Uint8Array {
  return message({ ":message-type": "error", ":error-code": code, ":error-message": text }, "");
}

function message(headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  return codec.encode({
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, { type: "string" as const, value }]),
    ),
    body: Buffer.from(body),
  });
}
