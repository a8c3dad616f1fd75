/**
 * Anthropic's own Messages API. A client that speaks it is handed on nearly as it is, and so is its answer; the requests of others are
 * written as for Claude on Bedrock. https://platform.claude.com/docs/en/api/messages
 */
import type { AnthropicTarget, Target } from "../../target.ts";
import type { CallContext, Place, Provider, Upstream } from "../../contracts.ts";
import { checkInnerJson } from "../../chat/inner-json.ts";
import { refuseForeignTools } from "../../chat/parameters.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { RouterError } from "../../errors.ts";
import { asCount, parseObject } from "../../lib/json.ts";
import { type MessagesCall, messagesCall, messagesFacts } from "../../families/index.ts";
import { apiKeysFor, checkApiKeys, missingApiKey } from "../api-keys.ts";
import { fitRequest } from "../fit.ts";
import { type Outbound, upstreamFetch } from "../http.ts";
import { readLimited } from "../limited.ts";
import { inlineLinks } from "../images.ts";
import { keyPlaces, takeKey } from "../key-places.ts";
import { rememberReasoning, withReasoning } from "../reasoning.ts";
import { redactor } from "../redact.ts";
import { countBody } from "../apis/count.ts";
import { messagesAnswer } from "../apis/messages.ts";
import { embeddedError, upstreamError } from "./errors.ts";

const VERSION = "2023-06-01";
/** A count is one number. */
const MAX_COUNT_BYTES = 4_096;

export const anthropic: Provider = {
  facts: (target) => messagesFacts(checked(target).model),
  places: (target, binding) => keyPlaces(checked(target), binding),
  check: (target, binding) => checkApiKeys(checked(target), binding),
  open,
  countTokens,
};

function checked(target: Target): AnthropicTarget {
  if (target.kind !== "anthropic") throw new TypeError("not a target of Anthropic's");
  return target;
}

async function open(place: Place, request: ChatRequest, context: CallContext): Promise<Upstream> {
  const target = checked(place.target);
  const { abort, idleTimeoutMs, hold } = context;
  checkInnerJson(request.messages);
  const keys = apiKeysFor(target, context.binding);
  const key = takeKey(place, keys);
  if (key === undefined) throw missingApiKey(target);
  checkKey(key, target);
  const fitted = fitRequest(request, target, messagesFacts(target.model));
  const call = messagesCall(await prepare(fitted.request, target, context), { id: target.model });
  if (!call.edited) refuseForeignTools(request);
  await hold?.take(call.text.length, abort.signal);
  const redact = redactor(keys);
  const sent = outgoing(call, target, key);
  const upstream = `The upstream of '${target.name}'`;
  const response = await upstreamFetch(sent, abort.signal, upstream, () => `llms.${target.name}.base_url`);
  if (!response.ok) throw await upstreamError(response, target, redact);
  const answer = messagesAnswer(response, call, {
    ...{ name: target.name, abort, idleTimeoutMs, redact, streams: request.stream, hold },
    errorOf: (error) => embeddedError(error, target),
    watched: (decoder) => rememberReasoning(decoder, request, target, context.reasoning),
  });
  return {
    ...answer,
    dropped: [...new Set([...call.dropped, ...fitted.dropped])].sort(),
  };
}

/** In the form that Bedrock takes, too: what Anthropic's servers would add is no part of the client's prompt. */
async function countTokens(
  place: Place,
  request: ChatRequest,
  context: CallContext,
): Promise<number | undefined> {
  const target = checked(place.target);
  const key = takeKey(place, apiKeysFor(target, context.binding));
  if (key === undefined) return undefined;
  const { request: fitted } = fitRequest(request, target, messagesFacts(target.model));
  const call = messagesCall({ ...fitted, stream: false }, { id: target.model, surface: "messages" });
  const sent = outgoing({ ...call, text: countBody(call.text) }, target, key, "/count_tokens");
  const { abort } = context;
  const upstream = `The upstream of '${target.name}'`;
  const response = await upstreamFetch(sent, abort.signal, upstream, () => `llms.${target.name}.base_url`);
  if (!response.ok) throw await upstreamError(response, target, redactor([key]));
  return asCount(parseObject(await readLimited(response, MAX_COUNT_BYTES))?.input_tokens);
}

function outgoing(
  { text, betas }: Pick<MessagesCall, "text" | "betas">,
  target: AnthropicTarget,
  key: string,
  below = "",
): Outbound {
  return {
    url: `${target.baseUrl}/v1/messages${below}`,
    headers: {
      "content-type": "application/json",
      // It streams where its body says so.
      accept: "application/json, text/event-stream",
      "anthropic-version": VERSION,
      "x-api-key": key,
      ...(betas.length > 0 && { "anthropic-beta": betas.join(",") }),
    },
    body: text,
  };
}

/** What takes time: images from links, which this API could fetch itself but a written request has inline, and reasoning. */
async function prepare(
  request: ChatRequest,
  target: AnthropicTarget,
  context: CallContext,
): Promise<ChatRequest> {
  if (request.source.dialect === "anthropic-messages") return request;
  const inlined = await inlineLinks(request, { ...context, signal: context.abort.signal });
  return withReasoning(inlined, target, context.reasoning);
}

/** A header with such a key would fail inside the runtime, whose error quotes the key. */
function checkKey(key: string, target: AnthropicTarget): void {
  if (/^[\x20-\x7e]+$/.test(key)) return;
  throw new RouterError(
    "config_invalid",
    `The API key of provider '${target.provider}' for the model '${target.name}' holds a line break or a character that no header can carry: it was probably wrapped or cut when it was pasted. Set it again, on one line.`,
  );
}
