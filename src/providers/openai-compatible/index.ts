/**
 * An OpenAI-compatible upstream: the body of a client that speaks the same goes through unchanged but for the model's name,
 * and the answer's bytes come back as they are.
 */
import type { CallContext, Place, Provider, Upstream } from "../../contracts.ts";
import type { OpenAiTarget, Target } from "../../target.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { chatAnswer } from "./answer.ts";
import { type UpstreamBody, upstreamBody } from "./body.ts";
import { embed, rerank } from "./embeddings.ts";
import { embeddedError } from "./errors.ts";
import { checkApiKeys } from "../api-keys.ts";
import { keyPlaces } from "../key-places.ts";
import { callerAt, post } from "./send.ts";
import { refusesUsage, rememberRefusal, tellsUsage } from "./usage-refusals.ts";

export const openai: Provider = {
  facts: () => ({ contextWindow: undefined, maxOutput: undefined }),
  places: (target, binding) => keyPlaces(checked(target), binding),
  check: (target, binding) => checkApiKeys(checked(target), binding),
  manyAnswers: true,
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
  const { abort, idleTimeoutMs } = context;
  const caller = callerAt(place, target, context.binding);
  const { redact } = caller;
  const accept = request.stream ? "text/event-stream" : "application/json";
  const call = async ({ body }: UpstreamBody) => {
    const text = jsonText(body);
    await context.hold?.take(text.length, abort.signal);
    return post(caller, { path: target.chatPath, body: text, accept }, abort.signal);
  };
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
