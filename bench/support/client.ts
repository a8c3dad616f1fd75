/** One request to a Worker. `node:http` instead of `fetch`, because client and Worker share the machine. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { playOf } from "../upstream/play.ts";
import type { Served } from "./served.ts";

export interface Ask {
  /** What the upstream plays, see playName. */
  readonly play: string;
  readonly stream: boolean;
  /** The model to name; default: the one called as the play. */
  readonly model?: string;
  readonly messages?: readonly object[];
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const HELLO = [{ role: "user", content: "Hello" }];
const END = "[DONE]\n\n";

/**
 * Sends a chat completion request; resolves with the head of its answer.
 * @throws Error for any status but 200.
 */
export async function ask(served: Served, { play, stream, model, messages }: Ask): Promise<IncomingMessage> {
  const body = JSON.stringify({ model: model ?? play, stream, messages: messages ?? HELLO });
  const sent = request({
    agent,
    host: "127.0.0.1",
    port: served.port,
    method: "POST",
    path: `/v1/chat/completions?path=${upstreamPath(play, stream)}`,
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
  });
  sent.end(body);
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error("no response");
  if (response.statusCode === 200) return response;
  const parts = await response.toArray();
  throw new Error(`${served.name}: ${response.statusCode} ${Buffer.concat(parts)}`);
}

/** Where the baselines, which know nothing of models, find the upstream's answer. */
function upstreamPath(play: string, stream: boolean): string {
  if (playOf(play)?.kind === "openai") return `/${play}/chat/completions`;
  return `/${play}/model/m/${stream ? "invoke-with-response-stream" : "invoke"}`;
}

/** Asks and reads the answer to its end. @throws Error when the router's stream is not complete. */
export async function askWhole(served: Served, what: Ask): Promise<void> {
  const response = await ask(served, what);
  let tail = "";
  for await (const bytes of response) tail = lastOf(tail, bytes);
  if (what.stream && served.isRouter && tail !== END) {
    throw new Error(`${served.name}: a stream of ${what.play} ended in ${JSON.stringify(tail)}`);
  }
}

function lastOf(tail: string, bytes: Buffer): string {
  const length = END.length;
  if (bytes.length >= length) return bytes.toString("latin1", bytes.length - length);
  return (tail + bytes.toString("latin1")).slice(-length);
}

/** Time to the first byte of a streamed answer, in milliseconds; the rest is read, too. */
export async function firstByteMs(served: Served, what: Ask): Promise<number> {
  const started = performance.now();
  const response = await ask(served, what);
  await once(response, "readable");
  const took = performance.now() - started;
  response.resume();
  await once(response, "end");
  return took;
}
