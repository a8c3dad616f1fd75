/**
 * Prompt cache points set by the router, for models with `cache: auto`. Agents send tens of kilobytes of tools, system text
 * and history again at every step; with points behind each of the three, a model reads what did not change from its cache.
 */
import type { CacheControl, ChatMessage, ChatRequest, ContentPart } from "./request.ts";

const POINT: CacheControl = { type: "ephemeral" };

/**
 * The request with points after the tools, the system text, what the user said last and the newest tool results; as it is when the
 * client set any.
 */
export function withCachePoints(request: ChatRequest): ChatRequest {
  if (hasCachePoint(request)) return request;
  const lastSystem = request.messages.findLastIndex(({ role }) => role === "system");
  const lastUser = request.messages.findLastIndex(({ role }) => role === "user");
  const newest = request.messages.findLastIndex(({ role }) => role === "user" || role === "tool");
  return {
    ...request,
    tools: request.tools.map((tool, index) =>
      index === request.tools.length - 1 ? { ...tool, cacheControl: POINT } : tool,
    ),
    messages: request.messages.map((message, index) =>
      [lastSystem, lastUser, newest].includes(index) ? pointed(message) : message,
    ),
  };
}

/** Whether the client set a cache point anywhere. */
export function hasCachePoint(request: ChatRequest): boolean {
  const inMessages = request.messages.some(messageHasPoint);
  return inMessages || request.tools.some((tool) => tool.cacheControl !== undefined);
}

function messageHasPoint(message: ChatMessage): boolean {
  if (message.content.some(partHasPoint)) return true;
  if (message.role === "tool") return message.cacheControl !== undefined;
  return message.role === "assistant" && message.toolCalls.some((call) => call.cacheControl !== undefined);
}

function partHasPoint(part: ContentPart): boolean {
  return part.type !== "other" && part.cacheControl !== undefined;
}

/** The point goes to the last part that can carry one: an empty text is left out of requests. */
function pointed<M extends ChatMessage>(message: M): M {
  const at = message.content.findLastIndex((part) => part.type !== "other" && !isBlank(part));
  if (at === -1) return message;
  const content = message.content.map((part, index) =>
    index === at && part.type !== "other" ? { ...part, cacheControl: POINT } : part,
  );
  return { ...message, content };
}

function isBlank(part: ContentPart): boolean {
  return part.type === "text" && part.text.trim() === "";
}
