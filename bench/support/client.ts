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
  /** Default: `chat`. The baselines know no other. */
  readonly dialect?: "chat" | "messages" | "responses" | undefined;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const HELLO = [{ role: "user", content: "Hello" }];
/** What the end of a stream holds, and what of it is kept to see that. */
const ENDS = {
  chat: "[DONE]\n\n",
  messages: "event: message_stop\n",
  responses: "event: response.completed\n",
} as const;
const PATHS = { chat: "/v1/chat/completions", messages: "/v1/messages", responses: "/v1/responses" } as const;
/** The last event of Responses tells the whole answer again. */
const TAIL_CHARS = { chat: 1024, messages: 1024, responses: 65_536 } as const;

/**
 * Sends a request; resolves with the head of its answer.
 * @throws Error for any status but 200.
 */
export async function ask(
  served: Served,
  { play, stream, model, messages, dialect = "chat" }: Ask,
): Promise<IncomingMessage> {
  const said = messages ?? HELLO;
  const rest = {
    chat: { messages: said },
    messages: { messages: said, max_tokens: 4096 },
    responses: { input: said, store: false },
  };
  const body = JSON.stringify({ model: model ?? play, stream, ...rest[dialect] });
  const sent = request({
    agent,
    host: "127.0.0.1",
    port: served.port,
    method: "POST",
    path: `${PATHS[dialect]}?path=${upstreamPath(play, stream)}`,
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
  const { dialect = "chat" } = what;
  const response = await ask(served, what);
  let tail = "";
  for await (const bytes of response) tail = lastOf(tail, bytes, TAIL_CHARS[dialect]);
  if (what.stream && served.isRouter && !tail.includes(ENDS[dialect])) {
    throw new Error(`${served.name}: a stream of ${what.play} ended in ${JSON.stringify(tail)}`);
  }
}

function lastOf(tail: string, bytes: Buffer, length: number): string {
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
