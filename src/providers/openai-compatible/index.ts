/**
 * An OpenAI-compatible upstream: the client's body goes through unchanged but for the model's name, and the answer's
 * bytes come back as they are.
 */

import type { CallContext, NativeUpstream, OpenAiTarget, Provider, Target } from "../../contracts.ts";
import { fitMaxTokens } from "../../openai/max-tokens.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { upstreamFetch } from "../fetch.ts";
import { apiKeysFor, missingApiKey } from "./api-keys.ts";
import { upstreamError } from "./errors.ts";
import { nextKey } from "./keys.ts";

export const openai: Provider = {
  open,
  limits: () => ({ contextWindow: undefined, maxOutput: undefined }),
};

async function open(target: Target, request: ChatRequest, context: CallContext): Promise<NativeUpstream> {
  if (target.kind !== "openai") throw new TypeError("not an OpenAI-compatible target");
  const key = target.auth === "none" ? undefined : nextKey(target.name, apiKeysFor(target, context.binding));
  if (key === undefined && target.auth === "bearer") throw missingApiKey(target);
  const { body, dropped } = upstreamBody(request, target);
  const outgoing = new Request(target.baseUrl + target.chatPath, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  });
  const response = await upstreamFetch(outgoing, context.signal, `The upstream of '${target.name}'`);
  if (!response.ok) throw await upstreamError(response, target);
  return { kind: "native", response, dropped };
}

/** The client's body with the upstream's model id, and max_tokens where configuration or context ask for it. */
function upstreamBody(
  request: ChatRequest,
  target: OpenAiTarget,
): { body: JsonObject; dropped: readonly string[] } {
  const body: JsonObject = { ...request.raw, model: target.model };
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
