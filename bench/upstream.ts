/**
 * The upstream of the bench, a process of its own: replays one Claude answer of N frames, in a burst or at a pace, as a
 * Bedrock event stream, as OpenAI SSE, or as one JSON body. It checks nothing: only the Worker is measured.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parentPort } from "node:worker_threads";
import { EventStreamCodec } from "@smithy/eventstream-codec";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);
const WORDS = "The quick brown fox jumps over the lazy dog while streaming tokens at the edge ".split(" ");

/** A frame as Bedrock sends it: the model's JSON in base64, padded to hide its length. */
function frame(payload: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(payload)).toString("base64");
  const body = Buffer.from(
    JSON.stringify({ bytes, p: "abcdefghijklmnopqrstuvwxyz".slice(0, bytes.length % 26) }),
  );
  const text = (value: string) => ({ type: "string", value }) as const;
  return Buffer.from(
    codec.encode({
      headers: {
        ":event-type": text("chunk"),
        ":content-type": text("application/json"),
        ":message-type": text("event"),
      },
      body,
    }),
  );
}

function bedrockFrames(count: number): Buffer[] {
  const start = {
    type: "message_start",
    message: { id: "msg_1", role: "assistant", usage: { input_tokens: 9, output_tokens: 1 } },
  };
  const texts = Array.from({ length: count }, (_, i) =>
    frame({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: `${WORDS[i % WORDS.length]} ` },
    }),
  );
  return [
    frame(start),
    frame({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    ...texts,
    frame({ type: "content_block_stop", index: 0 }),
    frame({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: count } }),
    frame({ type: "message_stop" }),
  ];
}

function openaiFrames(count: number): Buffer[] {
  const chunk = (delta: object, finish: string | null = null) =>
    Buffer.from(
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  const texts = Array.from({ length: count }, (_, i) => chunk({ content: `${WORDS[i % WORDS.length]} ` }));
  return [...texts, chunk({}, "stop"), Buffer.from("data: [DONE]\n\n")];
}

const WHOLE = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  content: [{ type: "text", text: WORDS.join(" ").repeat(20) }],
  stop_reason: "end_turn",
  usage: { input_tokens: 9, output_tokens: 300 },
});

const cache = new Map<string, Buffer[]>();
/** Frames sent by streams that are still open, for the back-pressure check. */
let framesSent = 0;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === "/sent") return void response.end(String(framesSent));
  request.resume();
  await once(request, "end");
  // The first segment of the path says what to play: `bedrock-FRAMES-PACE_MS` or `openai-FRAMES-PACE_MS`.
  const [, kind, frames, paceMs] = /^\/(bedrock|openai)-(\d+)-(\d+)\//.exec(request.url ?? "") ?? [];
  const count = Number(frames);
  const pace = Number(paceMs);
  const openai = kind === "openai";
  if (request.url?.endsWith("/invoke")) {
    response.writeHead(200, { "content-type": "application/json" });
    return void response.end(WHOLE);
  }
  const key = `${openai}-${count}`;
  const list = cache.get(key) ?? (openai ? openaiFrames(count) : bedrockFrames(count));
  cache.set(key, list);
  response.writeHead(200, {
    "content-type": openai ? "text/event-stream" : "application/vnd.amazon.eventstream",
  });
  if (pace === 0) return burst(list, response);
  for (const bytes of list) {
    if (response.destroyed) return;
    response.write(bytes);
    framesSent++;
    await new Promise((resolve) => setTimeout(resolve, pace));
  }
  response.end();
}

/** As fast as the reader takes it. */
async function burst(list: readonly Buffer[], response: ServerResponse): Promise<void> {
  for (const bytes of list) {
    if (response.destroyed) return;
    framesSent++;
    if (!response.write(bytes)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
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
