/** Pictures that tools gave, for a model without eyes. */
import type { ChatMessage, ChatRequest, ContentPart } from "./request.ts";

const UNSEEN = "(A picture, which this model cannot see.)";

/**
 * Tells the model of them in words, since an agent that has looked at a picture must be able to go on. What the user shows stays, and
 * is refused later: the question is about it.
 * @returns the very request where no tool gave an image.
 */
export function withoutResultImages(request: ChatRequest): ChatRequest {
  const { messages } = request;
  if (!messages.some(({ role, content }) => role === "tool" && content.some(isImage))) return request;
  return { ...request, messages: messages.map(told) };
}

function told(message: ChatMessage): ChatMessage {
  if (message.role !== "tool") return message;
  const content = message.content.map((part): ContentPart => {
    return isImage(part) ? { type: "text", text: UNSEEN, param: part.param } : part;
  });
  return { ...message, content };
}

function isImage({ type }: ContentPart): boolean {
  return type === "image_url";
}
