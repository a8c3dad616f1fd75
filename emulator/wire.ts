/** A request as it was on the wire. */
import type { IncomingMessage } from "node:http";
import type { RecordedRequest } from "./log.ts";

export interface WireRequest {
  readonly method: string;
  /** As sent, still percent-encoded, with a fault prefix if there was one, without the query. */
  readonly path: string;
  /** Without the `?`. */
  readonly query: string;
  /** The path without the fault prefix. */
  readonly route: string;
  /** What the fault prefix says. */
  readonly faultSpec: string | undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** The body as JSON; undefined if it is none. */
  readonly body: unknown;
  readonly record: RecordedRequest;
}

/** Bedrock's own limit (botocore: InvokeModel body). */
export const MOST_BODY_BYTES = 25_000_000;

/** The whole body. Rejects when the client leaves before it has sent it. */
export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `bytes` as JSON, or undefined. */
export function parseJson(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return value;
  } catch {
    return undefined;
  }
}

/** Repeated headers joined as HTTP allows. */
export function flatHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}
