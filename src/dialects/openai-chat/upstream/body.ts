/** The body of a request for an upstream that speaks OpenAI's chat completions. */
import { hasCachePoint } from "../../../chat/cache-points.ts";
import { checkParameters, paramName, refuseForeignTools } from "../../../chat/parameters.ts";
import type { ChatMessage, ChatRequest, Concept } from "../../../chat/request.ts";
import { isObject, type JsonObject, withoutEmpty } from "../../../lib/json.ts";
import { chatMessages } from "./messages.ts";
import { formatField, functionChoice, functionTool } from "./tools.ts";

export interface ChatBody {
  /** Without `model`, `stream` and the number of output tokens where the router writes the body. */
  readonly body: JsonObject;
  /** In the client's words. */
  readonly dropped: readonly string[];
}

/** What the format has a place for. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([
  ...(["frequency_penalty", "max_tokens", "n", "parallel_tool_calls", "presence_penalty"] as const),
  ...(["reasoning", "response_format", "seed", "service_tier", "stop", "temperature"] as const),
  ...(["tool_choice", "tools", "top_p", "user"] as const),
]);

/** Tiers under names that OpenAI has, too. */
const TIERS: ReadonlySet<string> = new Set(["flex", "priority"]);

/**
 * What the client sent, where it speaks this dialect itself; else the same in this dialect's words.
 * @throws RouterError with `param` for what it cannot say.
 */
export function chatBody(request: ChatRequest): ChatBody {
  if (request.source.dialect === "openai-chat") return { body: ownBody(request), dropped: [] };
  refuseForeignTools(request);
  const { serviceTier, toolChoice, n } = request;
  const tools = offeredTools(request);
  const tier = serviceTier !== undefined && TIERS.has(serviceTier) ? serviceTier : undefined;
  const lost = serviceTier !== undefined && tier === undefined && !isDefault(serviceTier);
  const body = {
    messages: chatMessages(request.messages),
    n: n > 1 ? n : undefined,
    temperature: request.temperature,
    top_p: request.topP,
    seed: request.seed,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    stop: request.stop,
    tools,
    tool_choice: tools.length > 0 ? choiceField(toolChoice) : undefined,
    parallel_tool_calls: tools.length > 0 ? request.parallelToolCalls : undefined,
    response_format: formatField(request.responseFormat),
    reasoning_effort: request.reasoningEffort,
    service_tier: tier,
    user: request.user,
  };
  const dropped = new Set(checkParameters(request, HANDLED));
  if (lost) dropped.add(paramName(request, "service_tier"));
  if (hasCachePoint(request)) dropped.add("cache_control");
  return { body: withoutEmpty(body), dropped: [...dropped].sort() };
}

/** Of those that may be called: only some servers know a choice of several. */
function offeredTools({ tools, toolChoice }: ChatRequest): JsonObject[] {
  const names = toolChoice?.type === "allowed_tools" ? toolChoice.names : undefined;
  return tools.filter(({ name }) => names === undefined || names.includes(name)).map(functionTool);
}

function choiceField(choice: ChatRequest["toolChoice"]): JsonObject | string | undefined {
  if (choice?.type === "function") return functionChoice(choice.name);
  return choice?.type === "allowed_tools" ? choice.mode : choice?.type;
}

function isDefault(tier: string): boolean {
  return tier === "auto" || tier === "default" || tier === "standard_only";
}

/**
 * The client's own body, with the assistant's texts as the router has them by now: without the model prefixes that earlier
 * answers carry.
 * @param request One whose `source` is of this dialect.
 */
export function ownBody({ source, messages }: ChatRequest): JsonObject {
  const { body } = source;
  if (!Array.isArray(body.messages)) return body;
  const written = body.messages.map((message: unknown, index) => withText(message, messages[index]));
  return { ...body, messages: written };
}

function withText(written: unknown, read: ChatMessage | undefined): unknown {
  const first = read?.content[0];
  if (!isObject(written) || read?.role !== "assistant" || first?.type !== "text") return written;
  const { content } = written;
  if (typeof content === "string")
    return content === first.text ? written : { ...written, content: first.text };
  const part: unknown = Array.isArray(content) ? content[0] : undefined;
  if (!Array.isArray(content) || !isObject(part) || typeof part.text !== "string" || part.text === first.text)
    return written;
  return { ...written, content: [{ ...part, text: first.text }, ...content.slice(1)] };
}
