/**
 * System text between the other messages, for models that have it only at the start: it stays in its place, as a reminder in the
 * user's turn. At the top it would mean something else, and change the beginning of the prompt, so that every cache misses.
 */
import type { ChatMessage, ChatRequest, ContentPart } from "./request.ts";

/** The request with all system messages but those at its start as the user's. */
export function withReminders(request: ChatRequest): ChatRequest {
  const start = request.messages.findIndex(({ role }) => role !== "system");
  if (start === -1 || !request.messages.some(({ role }, index) => role === "system" && index > start))
    return request;
  return {
    ...request,
    messages: request.messages.map((message, index) => (index < start ? message : reminded(message))),
  };
}

function reminded(message: ChatMessage): ChatMessage {
  return message.role === "system" ? { role: "user", content: message.content.map(reminder) } : message;
}

function reminder(part: ContentPart): ContentPart {
  if (part.type !== "text" || part.text.trim() === "") return part;
  return { ...part, text: systemReminder(part.text) };
}

/** In the form that Claude Code itself gives to what the system says in the middle of a conversation. */
export function systemReminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}
