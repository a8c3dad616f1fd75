/** What an upstream that speaks chat completions is sent. */
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
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

/** What is to be known of the model. */
export interface ChatTarget {
  /** The upstream's id of it. */
  readonly model: string;
  readonly maxTokens?: number;
  readonly contextLimit?: number;
  /** The name under which the upstream wants `max_completion_tokens`. */
  readonly maxTokensField?: string;
  /** It wants that name for `max_tokens`, too. */
  readonly oneName?: boolean;
}

export interface BodyOptions {
  /** The upstream does not refuse to be asked for the usage of a stream. */
  readonly mayAsk: boolean;
  /** Fields of a client's own body that are written anew; undefined takes one out. */
  readonly edits?: ReadonlyMap<Concept, unknown>;
  /** The body is written from the neutral form, though the client speaks the same. */
  readonly rewritten?: boolean;
}

/**
 * The client's body with the upstream's model id, max_tokens where configuration or context ask for it, and, of a stream,
 * its usage.
 */
export function upstreamBody(request: ChatRequest, target: ChatTarget, options: BodyOptions): UpstreamBody {
  const chat = chatBody(request, options);
  const body: JsonObject = { ...chat.body, model: target.model };
  if (request.stream) body.stream = true;
  // Asked for by the client, but one call at a time.
  if (request.n === 1 && typeof body.n === "number" && body.n > 1) delete body.n;
  const dropped = [...chat.dropped, ...setMaxTokens(body, request, target)];
  const asked = isObject(body.stream_options) ? body.stream_options : {};
  const asksUsage = request.stream && options.mayAsk && asked.include_usage !== true;
  if (asksUsage) body.stream_options = { ...asked, include_usage: true };
  return { body, dropped, asksUsage };
}

function setMaxTokens(body: JsonObject, request: ChatRequest, target: ChatTarget): readonly string[] {
  const { maxTokens, lowered } = fitMaxTokens(
    request,
    request.maxTokens ?? target.maxTokens,
    target.contextLimit,
  );
  const sent = ["max_completion_tokens", "max_tokens"].find(
    (field) => body[field] !== undefined && body[field] !== null,
  );
  const field = renamed(sent, target);
  if (sent !== undefined && sent !== field) delete body[sent];
  if (maxTokens !== undefined && body[field] !== maxTokens) body[field] = maxTokens;
  return lowered && request.maxTokens !== undefined ? [paramName(request, "max_tokens")] : [];
}

/** The field that carries the number of output tokens: the client's own, unless the upstream wants another name. */
function renamed(sent: string | undefined, { maxTokensField: wanted, oneName = false }: ChatTarget): string {
  if (wanted !== undefined && (oneName || sent !== "max_tokens")) return wanted;
  return sent ?? "max_tokens";
}
