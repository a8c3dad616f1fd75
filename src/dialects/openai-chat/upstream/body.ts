/** The body for an upstream that speaks the client's own dialect: what the client sent, and what the router changed of it. */
import { isObject, type JsonObject } from "../../../lib/json.ts";
import type { ChatMessage, ChatRequest } from "../../../chat/request.ts";

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
