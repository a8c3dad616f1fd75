/** One HTTP request of an attacker or a bystander, over a connection of its own. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Walls } from "./harness.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Posting {
  readonly key: string;
  /** Announced. */
  readonly bytes: number;
  readonly path?: string;
}

/** Begins a POST, of a chat completion unless `path` says otherwise; the caller writes and ends its body. */
export function post(walls: Walls, { key, bytes, path = "/v1/chat/completions" }: Posting): ClientRequest {
  return request({
    host: "127.0.0.1",
    port: walls.served.port,
    agent: false,
    method: "POST",
    path,
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "content-length": bytes,
    },
  });
}

/** Sends a whole body and reads the whole answer. */
export async function send(walls: Walls, key: string, body: string, path?: string): Promise<Answer> {
  const bytes = Buffer.from(body);
  const sent = post(walls, { key, bytes: bytes.byteLength, ...(path !== undefined && { path }) });
  sent.end(bytes);
  return read(sent);
}

/** Asks with GET. */
export async function get(walls: Walls, path: string): Promise<Answer> {
  const sent = request({ host: "127.0.0.1", port: walls.served.port, agent: false, path });
  sent.end();
  return read(sent);
}

/** The answer to a request, once it is whole. One that comes while the body is still being sent may end the connection. */
export function read(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let response: IncomingMessage | undefined;
    sent.on("error", (error) => {
      if (!response) reject(error);
    });
    sent.once("response", (begun: IncomingMessage) => {
      response = begun;
      const status = begun.statusCode ?? 0;
      const text = begun.toArray().then((parts) => Buffer.concat(parts).toString());
      text.then((whole) => resolve({ status, text: whole }), reject);
    });
  });
}
