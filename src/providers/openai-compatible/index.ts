/**
 * An OpenAI-compatible upstream: the client's body goes through unchanged but for the model's name, and the answer's
 * bytes come back as they are.
 */

import type { CallContext, NativeUpstream, OpenAiTarget, Place, Provider, Target } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import { fitMaxTokens } from "../../chat/tokens.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { ownBody } from "../../dialects/openai-chat/upstream/body.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { upstreamFetch } from "../http.ts";
import { apiKeysFor, missingApiKey } from "./api-keys.ts";
import { upstreamError } from "./errors.ts";
import { keyPlaces, takeKey } from "./keys.ts";

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

async function open(place: Place, request: ChatRequest, context: CallContext): Promise<NativeUpstream> {
  const target = checked(place.target);
  const key = takeKey(place, apiKeysFor(target, context.binding));
  if (key === undefined && target.auth === "bearer") throw missingApiKey(target);
  if (key !== undefined) checkKey(key, target);
  const { body, dropped } = upstreamBody(request, target);
  const outgoing = new Request(target.baseUrl + target.chatPath, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: jsonText(body),
  });
  const upstream = `The upstream of '${target.name}'`;
  const response = await upstreamFetch(outgoing, context.signal, upstream, `llms.${target.name}.base_url`);
  if (!response.ok) throw await upstreamError(response, target);
  if (response.headers.get("content-type")?.toLowerCase().startsWith("text/html")) {
    await response.body?.cancel().catch(() => {});
    throw webPage(target);
  }
  return { kind: "native", response, dropped };
}

/** The client's body with the upstream's model id, and max_tokens where configuration or context ask for it. */
function upstreamBody(
  request: ChatRequest,
  target: OpenAiTarget,
): { body: JsonObject; dropped: readonly string[] } {
  const body: JsonObject = { ...ownBody(request), model: target.model };
  const { maxTokens, lowered } = fitMaxTokens(
    request,
    request.maxTokens ?? target.maxTokens,
    target.contextLimit,
  );
  const sent = ["max_completion_tokens", "max_tokens"].find(
    (field) => body[field] !== undefined && body[field] !== null,
  );
  const field = renamed(sent, target.maxTokensField);
  if (sent !== undefined && sent !== field) delete body[sent];
  if (maxTokens !== undefined && (sent === undefined || sent !== field || lowered)) body[field] = maxTokens;
  return { body, dropped: lowered && request.maxTokens !== undefined ? ["max_tokens"] : [] };
}

/** The field that carries the number of output tokens: the client's own, unless the upstream wants another name. */
function renamed(sent: string | undefined, wanted: string | undefined): string {
  if (wanted !== undefined && sent !== "max_tokens") return wanted;
  return sent ?? "max_tokens";
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
