/**
 * An OpenAI-compatible upstream: the body of a client that speaks the same goes through unchanged but for the model's name,
 * and the answer's bytes come back as they are.
 */
import type { CallContext, OpenAiTarget, Place, Provider, Target, Upstream } from "../../contracts.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { RouterError } from "../../errors.ts";
import type { MemoryHold } from "../../lib/memory.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { upstreamFetch } from "../http.ts";
import { chatAnswer } from "./answer.ts";
import { apiKeysFor, missingApiKey } from "./api-keys.ts";
import { type UpstreamBody, upstreamBody } from "./body.ts";
import { embeddedError, upstreamError } from "./errors.ts";
import { keyPlaces, takeKey } from "./keys.ts";
import { redactor } from "./redact.ts";
import { refusesUsage, rememberRefusal, tellsUsage } from "./usage-refusals.ts";

export const openai: Provider = {
  facts: () => ({ contextWindow: undefined, maxOutput: undefined }),
  places: (target, binding) => keyPlaces(checked(target), binding),
  manyAnswers: true,
  open,
};

function checked(target: Target): OpenAiTarget {
  if (target.kind !== "openai") throw new TypeError("not an OpenAI-compatible target");
  return target;
}

async function open(place: Place, request: ChatRequest, context: CallContext): Promise<Upstream> {
  const target = checked(place.target);
  const { abort, idleTimeoutMs } = context;
  const keys = apiKeysFor(target, context.binding);
  const key = takeKey(place, keys);
  if (key === undefined && target.auth === "bearer") throw missingApiKey(target);
  if (key !== undefined) checkKey(key, target);
  const redact = redactor(keys);
  const call = (sent: UpstreamBody) =>
    send({ target, key, redact, hold: context.hold }, sent, request.stream, abort.signal);
  const unread = target.usage === "unread";
  let sent = upstreamBody(request, target, !unread && tellsUsage(place, Date.now()));
  let response: Response;
  try {
    response = await call(sent);
  } catch (thrown) {
    if (!sent.asksUsage || !refusesUsage(thrown)) throw thrown;
    sent = upstreamBody(request, target, false);
    response = await call(sent);
    rememberRefusal(place, Date.now());
  }
  const embedded = (json: string) => {
    const data = redact(json);
    return { data, error: embeddedError(data, target) };
  };
  const answer = chatAnswer(response, {
    ...{ name: target.name, abort, idleTimeoutMs, embedded, unread, hold: context.hold },
    streams: request.stream,
    hidesUsage: sent.asksUsage,
  });
  return { ...answer, dropped: sent.dropped };
}

interface Call {
  readonly target: OpenAiTarget;
  readonly key: string | undefined;
  readonly redact: (text: string) => string;
  readonly hold: MemoryHold | undefined;
}

/** @throws RouterError for every answer that is no success. */
async function send(
  { target, key, redact, hold }: Call,
  { body }: UpstreamBody,
  streams: boolean,
  signal: AbortSignal,
): Promise<Response> {
  const text = jsonText(body);
  await hold?.take(text.length, signal);
  const outgoing = new Request(target.baseUrl + target.chatPath, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: streams ? "text/event-stream" : "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: text,
  });
  const upstream = `The upstream of '${target.name}'`;
  const response = await upstreamFetch(outgoing, signal, upstream, `llms.${target.name}.base_url`);
  if (!response.ok) throw await upstreamError(response, target, redact);
  if (response.headers.get("content-type")?.toLowerCase().startsWith("text/html")) {
    await response.body?.cancel().catch(() => {});
    throw webPage(target);
  }
  return response;
}

/** A header with such a key would fail inside the runtime, whose error quotes the key. */
function checkKey(key: string, target: OpenAiTarget): void {
  if (/^[\x20-\x7e]+$/.test(key)) return;
  throw new RouterError(
    "config_invalid",
    `The API key of provider '${target.provider}' for the model '${target.name}' holds a line break or a character that no header can carry: it was probably wrapped or cut when it was pasted. Set it again, on one line.`,
  );
}

/** A base URL that is short of its `/v1` often leads to the provider's website, which answers everything with 200. */
function webPage(target: OpenAiTarget): RouterError {
  return new RouterError(
    "upstream_error",
    `The upstream of '${target.name}' answered with a web page instead of a completion. Check llms.${target.name}.base_url and chat_path.`,
  );
}
