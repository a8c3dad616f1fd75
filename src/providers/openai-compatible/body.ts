/** What an OpenAI-compatible upstream is sent. */
import type { OpenAiTarget } from "../../target.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { paramName } from "../../chat/parameters.ts";
import { fitMaxTokens } from "../../chat/tokens.ts";
import { chatBody } from "../../dialects/openai-chat/upstream/body.ts";
import { isObject } from "../../lib/json.ts";

export interface UpstreamBody {
  readonly body: JsonObject;
  /** Names of the client's parameters that were left out or lowered. */
  readonly dropped: readonly string[];
  /** The client did not ask for the usage chunk, the router does. */
  readonly asksUsage: boolean;
}

/**
 * The client's body with the upstream's model id, max_tokens where configuration or context ask for it, and, of a stream,
 * its usage.
 * @param mayAsk The upstream does not refuse to be asked for the usage of a stream.
 */
export function upstreamBody(request: ChatRequest, target: OpenAiTarget, mayAsk: boolean): UpstreamBody {
  const chat = chatBody(request);
  const body: JsonObject = { ...chat.body, model: target.model };
  if (request.stream) body.stream = true;
  // Asked for by the client, but one call at a time.
  if (request.n === 1 && typeof body.n === "number" && body.n > 1) delete body.n;
  const dropped = [...chat.dropped, ...setMaxTokens(body, request, target)];
  const options = isObject(body.stream_options) ? body.stream_options : {};
  const asksUsage = request.stream && mayAsk && options.include_usage !== true;
  if (asksUsage) body.stream_options = { ...options, include_usage: true };
  return { body, dropped, asksUsage };
}

function setMaxTokens(body: JsonObject, request: ChatRequest, target: OpenAiTarget): readonly string[] {
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
  return lowered && request.maxTokens !== undefined ? [paramName(request, "max_tokens")] : [];
}

/** The field that carries the number of output tokens: the client's own, unless the upstream wants another name. */
function renamed(sent: string | undefined, wanted: string | undefined): string {
  if (wanted !== undefined && sent !== "max_tokens") return wanted;
  return sent ?? "max_tokens";
}
