/** Doubles of the upstreams' servers, for tests inside workerd: no socket, every byte and its moment in the test's hand. */
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { vi } from "vitest";

/** What the router sent. */
export interface UpstreamCall {
  readonly url: string;
  readonly headers: Headers;
  /** The body as it came. */
  readonly text: string;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

export type Reply = (call: UpstreamCall) => Response | Promise<Response>;

/** Replaces `fetch` until vi.restoreAllMocks(): plays the replies in order. A call too many fails and is noted. */
export function playUpstream(...replies: readonly Reply[]): readonly UpstreamCall[] {
  const calls: UpstreamCall[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = input instanceof Request ? input : new Request(input, init);
    const signal = init?.signal ?? request.signal;
    const text = new TextDecoder().decode(await request.arrayBuffer());
    const call = { url: request.url, headers: request.headers, text, body: jsonOf(text), signal };
    calls.push(call);
    const reply = replies[calls.length - 1];
    if (!reply) throw new Error(`unexpected call ${calls.length} of ${call.url}`);
    return reply(call);
  });
  return calls;
}

/** What is no JSON is a form, and `text` has it. */
function jsonOf(text: string): unknown {
  return text.startsWith("{") ? JSON.parse(text) : undefined;
}

// --- Bodies ----------------------------------------------------------------------------------------------------

/** A body that the test feeds. Reads nothing ahead, and breaks off when the call is aborted, as a real one does. */
export interface FedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** How often the reader asked for more than there was. */
  readonly pulls: () => number;
  /** Whether the reader let go of it before its end. */
  readonly cancelled: () => boolean;
  push(...chunks: readonly Uint8Array[]): void;
  end(): void;
  fail(error: unknown): void;
}

/** @param supply Called at each read that finds nothing. */
export function fedBody(supply: (body: FedBody) => void = () => {}): FedBody {
  let pulls = 0;
  let cancelled = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
      },
      pull() {
        pulls++;
        supply(body);
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const body: FedBody = {
    stream,
    pulls: () => pulls,
    cancelled: () => cancelled,
    push: (...chunks) => {
      for (const chunk of chunks) controller?.enqueue(chunk);
    },
    end: () => controller?.close(),
    fail: (error) => controller?.error(error),
  };
  return body;
}

/** A body of these chunks, one a read; stays open after them unless `end`. */
export function bodyOf(chunks: readonly Uint8Array[], end = true): FedBody {
  const body = fedBody();
  body.push(...chunks);
  if (end) body.end();
  return body;
}

// --- Replies ---------------------------------------------------------------------------------------------------

/** A reply whose body breaks off when the router aborts the call. */
export function reply(body: FedBody, headers: Readonly<Record<string, string>>): Reply {
  return ({ signal }) => {
    signal.addEventListener("abort", () => body.fail(signal.reason));
    return new Response(body.stream, { headers });
  };
}

/** A Bedrock event stream. */
export function eventStream(body: FedBody | readonly Uint8Array[]): Reply {
  const fed = "stream" in body ? body : bodyOf(body);
  return reply(fed, { "content-type": "application/vnd.amazon.eventstream" });
}

/** An OpenAI-compatible upstream's own stream. */
export function sse(body: FedBody | string): Reply {
  const fed = typeof body === "string" ? bodyOf([utf8.encode(body)]) : body;
  return reply(fed, { "content-type": "text/event-stream" });
}

export function json(value: unknown, init: ResponseInit = {}): Reply {
  return () => Response.json(value, init);
}

/** An error as Bedrock's HTTP API gives it. */
export function refusal(status: number, name: string, message: string, headers = {}): Reply {
  return json({ message }, { status, headers: { "x-amzn-errortype": name, ...headers } });
}

/** Throttled or failed at once: errors that may be tried again. */
export const THROTTLED = refusal(429, "ThrottlingException", "Too many requests, please wait.");
export const UNAVAILABLE = refusal(503, "ServiceUnavailableException", "Try later.");

/** Never answers, until the router gives up. */
export const SILENT: Reply = ({ signal }) =>
  new Promise((_, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp);
  });

/** The connection fails. */
export const UNREACHABLE: Reply = () => {
  throw new TypeError("Network connection lost.");
};

// --- Bedrock's frames and Claude's events ----------------------------------------------------------------------

const utf8 = new TextEncoder();
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes)),
  (text) => utf8.encode(text),
);

function frame(headers: Readonly<Record<string, string>>, payload: object): Uint8Array {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: "string" as const, value }]);
  return codec.encode({ headers: Object.fromEntries(typed), body: utf8.encode(JSON.stringify(payload)) });
}

/** One event of a model, as InvokeModelWithResponseStream wraps it. */
export function eventFrame(event: object): Uint8Array {
  return typedFrame("chunk", { bytes: utf8.encode(JSON.stringify(event)).toBase64() });
}

/** One event of ConverseStream. */
export function typedFrame(type: string, payload: object): Uint8Array {
  const headers = {
    ":event-type": type,
    ":content-type": "application/json",
    ":message-type": "event",
  };
  return frame(headers, payload);
}

/** A failure inside a stream, e.g. `throttlingException`. */
export function exceptionFrame(type: string, message: string): Uint8Array {
  const headers = {
    ":exception-type": type,
    ":content-type": "application/json",
    ":message-type": "exception",
  };
  return frame(headers, { message });
}

export const START = eventFrame({
  type: "message_start",
  message: { role: "assistant", content: [], usage: { input_tokens: 3, output_tokens: 1 } },
});
export const STOP = eventFrame({ type: "message_stop" });

/** A piece of the answer's text. */
export function textFrame(text: string): Uint8Array {
  return eventFrame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
}

/** A tool call: its start and its arguments. */
export function toolFrames(index: number, name: string, args: string): Uint8Array[] {
  return [
    eventFrame({
      type: "content_block_start",
      index,
      content_block: { type: "tool_use", id: `toolu_${index}`, name, input: {} },
    }),
    eventFrame({
      type: "content_block_delta",
      index,
      delta: { type: "input_json_delta", partial_json: args },
    }),
    eventFrame({ type: "content_block_stop", index }),
  ];
}

/** The end of an answer: 3 prompt tokens, 2 of the answer. */
export function endFrames(reason = "end_turn"): Uint8Array[] {
  return [
    eventFrame({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 2 } }),
    STOP,
  ];
}

/** A complete streamed answer. */
export function claudeFrames(...texts: readonly string[]): Uint8Array[] {
  return [START, ...texts.map(textFrame), ...endFrames()];
}

/** A complete answer in one body. */
export function claudeAnswer(text: string): Reply {
  return json({
    type: "message",
    role: "assistant",
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    usage: { input_tokens: 3, output_tokens: 2 },
  });
}
