/** The body of a request for an upstream that speaks OpenAI's chat completions. */
import { hasCachePoint } from "../../../chat/cache-points.ts";
import {
  checkParameters,
  paramName,
  refuseForeignTools,
  refuseIdleChoice,
} from "../../../chat/parameters.ts";
import type { ChatMessage, ChatRequest, Concept } from "../../../chat/request.ts";
import { asObject, isObject, type JsonObject, withoutEmpty } from "../../../lib/json.ts";
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

/** How a body is to differ from what the client wrote. */
export interface ChatBodyOptions {
  /** Fields of the client's own body that are written anew; undefined takes one out. */
  readonly edits?: ReadonlyMap<Concept, unknown>;
  /** It is written from the neutral form, though the client speaks this dialect itself. */
  readonly rewritten?: boolean;
}

/** Under which name a concept is written. */
const FIELDS: Partial<Record<Concept, string>> = { reasoning: "reasoning_effort" };

/**
 * What the client sent, where it speaks this dialect itself; else the same in this dialect's words.
 * @throws RouterError with `param` for what it cannot say.
 */
export function chatBody(request: ChatRequest, options: ChatBodyOptions = {}): ChatBody {
  const { edits = new Map<Concept, unknown>(), rewritten = false } = options;
  if (request.source.dialect === "openai-chat" && !rewritten) {
    return { body: edited(ownBody(request), request, edits), dropped: [] };
  }
  refuseForeignTools(request);
  const { serviceTier, toolChoice, n } = request;
  const tools = offeredTools(request);
  refuseIdleChoice(request, tools.length);
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

function edited(body: JsonObject, { params }: ChatRequest, edits: ReadonlyMap<Concept, unknown>): JsonObject {
  if (edits.size === 0) return body;
  const own = params.filter(({ concept }) => concept !== undefined && edits.has(concept));
  const out = new Set(own.map(({ name }) => name));
  const kept = Object.entries(body).filter(([name]) => !out.has(name));
  const anew = [...edits].flatMap(([concept, value]) =>
    value === undefined ? [] : [[FIELDS[concept] ?? concept, value] as const],
  );
  return Object.fromEntries([...kept, ...anew]);
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
 * The client's own body, with texts and images as the router has them by now: without the model prefixes that earlier answers of the
 * assistant carry, and with the bytes of images that it has fetched.
 * @param request One whose `source` is of this dialect.
 */
export function ownBody({ source, messages }: ChatRequest): JsonObject {
  const { body } = source;
  if (!Array.isArray(body.messages)) return body;
  const written = body.messages.map((message: unknown, index) => {
    const read = messages[index];
    return read?.role === "user" ? withImages(message, read) : withText(message, read);
  });
  return { ...body, messages: written };
}

function withImages(written: unknown, { content }: ChatMessage): unknown {
  if (!isObject(written) || !Array.isArray(written.content)) return written;
  const parts = written.content.map((part: unknown, index) => {
    const read = content[index];
    const image = isObject(part) && isObject(part.image_url) ? part.image_url : undefined;
    if (image === undefined || read?.type !== "image_url" || image.url === read.url) return part;
    return { ...asObject(part), image_url: { ...image, url: read.url } };
  });
  const { content: before } = written;
  const same = Array.isArray(before) && parts.every((part, index) => part === before[index]);
  return same ? written : { ...written, content: parts };
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
