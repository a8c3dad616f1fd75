/**
 * The upstream, a thread of its own: replays one answer of N events, in a burst or at a pace, as a Bedrock event stream, as
 * OpenAI's SSE, or as one JSON body. It checks nothing: only the Worker is measured. `GET /stats` tells what it has sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parentPort } from "node:worker_threads";
import { bedrockFrames, type Frames, openaiFrames, VECTOR_ANSWER, WHOLE_ANSWER } from "./frames.ts";
import { type Play, playOf } from "./play.ts";
import { nowMs, tagOf } from "./stats.ts";

const FRAMES: Readonly<Record<Play["kind"], Frames>> = { bedrock: bedrockFrames(), openai: openaiFrames() };
const CONTENT_TYPE: Readonly<Record<Play["kind"], string>> = {
  bedrock: "application/vnd.amazon.eventstream",
  openai: "text/event-stream",
};
/** Only small requests carry a tag; large ones are not searched. */
const MAX_TAGGED_CHARS = 2000;

/** A stream under way, or over. */
interface Stream {
  sent: number;
  finished: boolean;
  readonly times: number[];
}

const tagged = new Map<string, Stream>();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === "/stats") return void response.end(JSON.stringify(Object.fromEntries(tagged)));
  if (request.url === "/sts") return void response.end(roleSession());
  const play = playOf(request.url ?? "");
  if (!play) return void response.writeHead(404).end();
  const body = await text(request);
  if (request.url?.endsWith("/invoke")) {
    // Bedrock announces it too.
    const answer = body.includes('"inputText"') ? VECTOR_ANSWER : WHOLE_ANSWER;
    const length = Buffer.byteLength(answer);
    response.writeHead(200, { "content-type": "application/json", "content-length": length });
    return void response.end(answer);
  }
  response.writeHead(200, { "content-type": CONTENT_TYPE[play.kind] });
  const tag = body.length > MAX_TAGGED_CHARS ? undefined : tagOf(body);
  const stream: Stream = { sent: 0, finished: false, times: [] };
  if (tag !== undefined) tagged.set(tag, stream);
  stream.finished = await replay(response, play, (isText) => {
    stream.sent++;
    if (isText && play.paceMs > 0 && tag !== undefined) stream.times.push(nowMs());
  });
  response.end();
}

/** What STS gives: a token as long as its real ones. */
function roleSession(): string {
  const keys = { AccessKeyId: "ASIABENCH", SecretAccessKey: "bench", SessionToken: "t".repeat(1000) };
  const credentials = { ...keys, Expiration: Date.now() / 1000 + 3600 };
  return JSON.stringify({ AssumeRoleResponse: { AssumeRoleResult: { Credentials: credentials } } });
}

/** Sends all frames, telling of each before; false when the reader left before the end. */
async function replay(
  response: ServerResponse,
  { kind, events, paceMs }: Play,
  sending: (isText: boolean) => void,
): Promise<boolean> {
  const { head, texts, tail } = FRAMES[kind];
  const total = head.length + events + tail.length;
  let dueMs = nowMs();
  for (let index = 0; index < total; index++) {
    const text = index - head.length;
    const isText = text >= 0 && text < events;
    const frame = isText ? texts[text % texts.length] : (head[index] ?? tail[text - events]);
    if (frame === undefined || response.destroyed) return false;
    sending(isText);
    const taken = response.write(frame);
    if (paceMs > 0) {
      // By the clock: streams that each only wait would soon all be woken by the same tick of the timer.
      dueMs = Math.max(dueMs + paceMs, nowMs());
      await pause(Math.max(1, dueMs - nowMs()));
    } else if (!taken) await drained(response);
  }
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Until the reader has taken what waits for it, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
server.requestTimeout = 0;
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === "object" && address ? address.port : 0);
});
