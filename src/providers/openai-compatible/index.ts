/**
 * An OpenAI-compatible upstream: the body of a client that speaks the same goes through unchanged but for the model's name,
 * and the answer's bytes come back as they are.
 */
import type { CallContext, Place, Provider, Upstream } from "../../contracts.ts";
import type { OpenAiTarget, Target } from "../../target.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { checkInnerJson } from "../../chat/inner-json.ts";
import { paramName } from "../../chat/parameters.ts";
import { fitMaxTokens } from "../../chat/tokens.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { chatAnswer } from "../apis/chat.ts";
import { type UpstreamBody, upstreamBody } from "../apis/chat-body.ts";
import { responsesAnswer } from "../apis/responses.ts";
import { responsesUpstreamBody } from "../apis/responses-body.ts";
import { rememberReasoning, withReasoning } from "../reasoning.ts";
import { embed, rerank } from "./embeddings.ts";
import { embeddedError } from "./errors.ts";
import { checkApiKeys } from "../api-keys.ts";
import { keyPlaces } from "../key-places.ts";
import { inlineLinks } from "../images.ts";
import { callerAt, post } from "./send.ts";
import { refusesUsage, rememberRefusal, tellsUsage } from "./usage-refusals.ts";

/** Below the base URL. */
const RESPONSES_PATH = "/responses";

export const openai: Provider = {
  facts: () => ({ contextWindow: undefined, maxOutput: undefined }),
  places: (target, binding) => keyPlaces(checked(target), binding),
  check: (target, binding) => checkApiKeys(checked(target), binding),
  // Responses know no `n`.
  manyAnswers: (target) => checked(target).api !== "responses",
  open,
  embed: (target, request) => embed(checked(target), request),
  rerank: (target, request) => rerank(checked(target), request),
};

function checked(target: Target): OpenAiTarget {
  if (target.kind !== "openai") throw new TypeError("not an OpenAI-compatible target");
  return target;
}

async function open(place: Place, request: ChatRequest, context: CallContext): Promise<Upstream> {
  const target = checked(place.target);
  return target.api === "responses"
    ? openResponses(place, target, { request, context })
    : openChat(place, target, { request, context });
}

interface Asked {
  readonly request: ChatRequest;
  readonly context: CallContext;
}

async function openChat(place: Place, target: OpenAiTarget, { context, ...asked }: Asked): Promise<Upstream> {
  const { abort, idleTimeoutMs } = context;
  // A chat completion has no links to documents; what a client of it writes crosses as it is.
  const request =
    asked.request.source.dialect === "openai-chat"
      ? asked.request
      : await inlineLinks(asked.request, { ...context, signal: abort.signal, only: "file" });
  const caller = callerAt(place, target, context.binding);
  const { redact } = caller;
  const accept = request.stream ? "text/event-stream" : "application/json";
  const call = async ({ body }: UpstreamBody) => {
    const text = jsonText(body);
    await context.hold?.take(text.length, abort.signal);
    return post(caller, { path: target.chatPath, body: text, accept }, abort.signal);
  };
  const unread = target.usage === "unread";
  let sent = upstreamBody(request, target, { mayAsk: !unread && tellsUsage(place, Date.now()) });
  let response: Response;
  try {
    response = await call(sent);
  } catch (thrown) {
    if (!sent.asksUsage || !refusesUsage(thrown)) throw thrown;
    sent = upstreamBody(request, target, { mayAsk: false });
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

/** `api: responses`. Reasoning comes encrypted, and goes back as it came. */
async function openResponses(
  place: Place,
  target: OpenAiTarget,
  { request, context }: Asked,
): Promise<Upstream> {
  const { name, model, maxTokens: configured, contextLimit } = target;
  const { abort, idleTimeoutMs, hold, reasoning } = context;
  checkInnerJson(request.messages);
  const caller = callerAt(place, target, context.binding);
  const { redact } = caller;
  const { maxTokens, lowered } = fitMaxTokens(request, request.maxTokens ?? configured, contextLimit);
  const asked = lowered && request.maxTokens !== undefined ? [paramName(request, "max_tokens")] : [];
  const recalled = await withReasoning(request, target, reasoning);
  const sized = { ...recalled, ...(maxTokens !== undefined && { maxTokens }) };
  const { body, dropped } = responsesUpstreamBody(sized, model, { name, reasons: false });
  const text = jsonText(body);
  await hold?.take(text.length, abort.signal);
  const accept = request.stream ? "text/event-stream" : "application/json";
  const response = await post(caller, { path: RESPONSES_PATH, body: text, accept }, abort.signal);
  const answer = responsesAnswer(response, {
    ...{ name, abort, idleTimeoutMs, hold, redact, streams: request.stream },
    stops: request.stop,
    errorOf: (error) => embeddedError(JSON.stringify({ error }), target),
    watched: (decoder) => rememberReasoning(decoder, request, target, reasoning),
  });
  return { ...answer, dropped: [...new Set([...dropped, ...asked])].sort() };
}
