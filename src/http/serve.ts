/** A streamed answer over HTTP. An error before the head is a real HTTP status; after it, an error event. */
import type { Target } from "../contracts.ts";
import { asRouterError } from "../errors.ts";
import type { AppContext } from "./context.ts";
import { errorLog } from "./log.ts";
import { chunkEncoder } from "../dialects/openai-chat/client/chunks.ts";
import { answerOptions } from "../dialects/openai-chat/client/parse.ts";
import { answerIdentity } from "../dialects/openai-chat/client/identity.ts";
import { prefixBody, prefixSse } from "../dialects/openai-chat/upstream/prefix-native.ts";
import { KEEP_ALIVE_MS, SSE_HEADERS, type SseWriter, sseWriter } from "./sse.ts";
import type { ChatRequest } from "../chat/request.ts";
import { type Answer, type DispatchContext, dispatch } from "../routing/dispatch.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { withPrefix } from "../routing/prefixed.ts";
import { routeHeaders } from "./headers.ts";
import type { RequestLog } from "./request-log.ts";

interface StreamOptions {
  /** Show the model's name before the first text. */
  readonly prefix: boolean;
  readonly log: RequestLog;
}

interface StreamContext extends StreamOptions {
  /** Aborts what is still under way, once the client has gone. */
  readonly client: AbortController;
}

/**
 * Answers with the stream's head as soon as there is something to show. If that takes longer than 15 s the head goes out
 * with a comment, so that idle timeouts do not end the wait; not so for an OpenAI-compatible target, whose own status
 * and headers come through untouched.
 */
export async function streamAnswer(
  c: AppContext,
  request: ChatRequest,
  call: DispatchContext,
  streamOptions: StreamOptions,
): Promise<Response> {
  let trying: Target | undefined;
  // Once the head is out it is the writer that notices that the client leaves.
  const client = linkedAbort(call.signal);
  const options = { ...streamOptions, client };
  const { signal } = client;
  const answer = dispatch(request, { ...call, signal, onAttempt: (place) => (trying = place.target) });
  for (;;) {
    const begun = await within(KEEP_ALIVE_MS, answer);
    if (begun) return begunAnswer(c, request, begun, options);
    if (trying?.kind === "openai") continue;
    const writer = sseWriter();
    writer.comment();
    writer.gone.then(() => options.client.abort());
    c.var.hold.until(writeLate(c, writer, request, answer, options));
    return c.body(writer.readable, 200, SSE_HEADERS);
  }
}

/** The value of a promise, or undefined when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function begunAnswer(
  c: AppContext,
  request: ChatRequest,
  answer: Answer,
  options: StreamContext,
): Promise<Response> | Response {
  const headers = routeHeaders(answer.route);
  options.log.begun(answer.route);
  if (answer.kind === "native") {
    options.log.ended({ status: 200 });
    return nativeAnswer(c, answer, headers, options.prefix);
  }
  const writer = sseWriter();
  writer.gone.then(() => options.client.abort());
  c.var.hold.until(pump(c, writer, request, answer, options));
  return c.body(writer.readable, 200, { ...SSE_HEADERS, ...headers });
}

/** An OpenAI-compatible upstream's own stream: its bytes as they come, unless the prefix has to go in. */
async function nativeAnswer(
  c: AppContext,
  { response, route }: Extract<Answer, { kind: "native" }>,
  headers: Record<string, string>,
  prefix: boolean,
): Promise<Response> {
  const type = response.headers.get("content-type") ?? SSE_HEADERS["content-type"];
  const all = { ...headers, "content-type": type, "cache-control": SSE_HEADERS["cache-control"] };
  if (!prefix || !response.body) return c.body(response.body ?? "", 200, all);
  const { name } = route.target;
  if (!type.startsWith("text/event-stream")) return c.body(prefixBody(await response.text(), name), 200, all);
  return c.body(response.body.pipeThrough(prefixSse(name)), 200, all);
}

async function pump(
  c: AppContext,
  writer: SseWriter,
  request: ChatRequest,
  answer: Extract<Answer, { kind: "decoded" }>,
  { prefix, client, log }: StreamContext,
): Promise<void> {
  const { functionCalls, includeUsage } = answerOptions(request);
  const chunks = chunkEncoder(answerIdentity(answer.route.target.name, functionCalls), includeUsage);
  const { head, rest } = prefix ? withPrefix(answer) : answer;
  await writer.pump(head, rest, chunks);
  log.ended({ status: client.signal.aborted ? 499 : 200, usage: chunks.usage, error: chunks.failure });
  // After the head no status tells of a failure, so the log has to. One that a client's leaving caused is none.
  if (chunks.failure && !client.signal.aborted) errorLog(chunks.failure, c.var.requestId);
}

/** Writes an answer whose head went out before it was there. */
async function writeLate(
  c: AppContext,
  writer: SseWriter,
  request: ChatRequest,
  pending: Promise<Answer>,
  options: StreamContext,
): Promise<void> {
  try {
    const answer = await pending;
    options.log.begun(answer.route);
    if (answer.kind === "decoded") {
      return await pump(c, writer, request, answer, options);
    }
    const { body } = answer.response;
    options.log.ended({ status: 200 });
    if (!body) return await writer.close();
    await writer.pipe(options.prefix ? body.pipeThrough(prefixSse(answer.route.target.name)) : body);
  } catch (thrown) {
    const error = asRouterError(thrown);
    options.log.ended({ status: error.status, error });
    errorLog(error, c.var.requestId);
    await writer.close(JSON.stringify(error.toBody()));
  }
}
