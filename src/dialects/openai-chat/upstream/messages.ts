/** A conversation as the `messages` of a chat completion request, for upstreams of which nothing is known but the format. */
import { RouterError } from "../../../errors.ts";
import { wellFormedJson } from "../../../lib/exact-json.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { pairedCalls } from "../../../chat/paired-calls.ts";
import { fileWords } from "../../../chat/result-media.ts";
import type { AssistantMessage, ChatMessage, ContentPart, ToolCall } from "../../../chat/request.ts";

/** Stands above what a tool gave beside text: its message has no place for that. */
export const FROM_TOOL = "(From the result of the tool call above.)";

/**
 * @throws RouterError `unsupported_content` naming a part that the format has no place for.
 */
export function chatMessages(messages: readonly ChatMessage[]): JsonObject[] {
  const written: JsonObject[] = [];
  /** What tools gave beside text goes behind all results of their turn, which must stand together. */
  let media: JsonObject[] = [];
  const flush = (): void => {
    if (media.length > 0) written.push({ role: "user", content: [textPart(FROM_TOOL), ...media] });
    media = [];
  };
  for (const message of withJoinedCalls(pairedCalls(messages))) {
    if (message.role !== "tool") flush();
    if (message.role === "assistant") {
      written.push(assistantMessage(message));
    } else if (message.role === "user") {
      written.push({ role: "user", content: userContent(message.content) });
    } else if (message.role === "system") {
      written.push({ role: "system", content: onlyText(message.content) });
    } else {
      const texts = message.content.filter(isText);
      written.push({ role: "tool", tool_call_id: message.toolCallId, content: onlyText(texts) });
      media.push(...message.content.filter((part) => !isText(part)).map(contentPart));
    }
  }
  flush();
  return written;
}

/** What the assistant says behind a call of its turn joins it: only results may follow there. */
function withJoinedCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = [];
  let open: { readonly content: ContentPart[]; readonly toolCalls: ToolCall[] } | undefined;
  for (const message of messages) {
    if (message.role !== "assistant") {
      open = undefined;
      joined.push(message);
    } else if (open === undefined || open.toolCalls.length === 0) {
      open = { content: [...message.content], toolCalls: [...message.toolCalls] };
      joined.push({ ...message, ...open });
    } else {
      open.content.push(...message.content);
      open.toolCalls.push(...message.toolCalls);
    }
  }
  return joined;
}

function assistantMessage({ content, toolCalls }: AssistantMessage): JsonObject {
  const text = onlyText(content);
  const calls = toolCalls.map((call) => chatCall(call.id, call.name, call.arguments));
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** A member of `tool_calls`. */
export function chatCall(id: string, name: string, args: string): JsonObject {
  return { id, type: "function", function: { name, arguments: args === "" ? "{}" : wellFormedJson(args) } };
}

function userContent(parts: readonly ContentPart[]): string | JsonObject[] {
  return parts.every(isText) ? onlyText(parts) : parts.map(contentPart);
}

/** Texts that came in parts are lines of their own. */
function onlyText(parts: readonly ContentPart[]): string {
  return parts
    .map((part) => {
      if (isText(part)) return part.text;
      throw unsupported(part);
    })
    .join("\n");
}

function contentPart(part: ContentPart): JsonObject {
  switch (part.type) {
    case "text":
      return textPart(part.text);
    case "image_url":
      return { type: "image_url", image_url: { url: part.url } };
    case "file": {
      const { data, filename, title, id } = part;
      const text = fileWords(part);
      if (text !== undefined) return textPart(text);
      if (data === undefined && id === undefined) throw unsupported(part);
      const name = filename ?? title;
      return {
        type: "file",
        file: {
          ...(data === undefined ? { file_id: id } : { file_data: data }),
          ...(name !== undefined && { filename: name }),
        },
      };
    }
    case "other":
      throw unsupported(part);
  }
}

function isText(part: ContentPart): part is Extract<ContentPart, { type: "text" }> {
  return part.type === "text";
}

function textPart(text: string): JsonObject {
  return { type: "text", text };
}

function unsupported(part: ContentPart): RouterError {
  const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
  const text = `The chosen model's API does not take content parts of type "${kind}" here. Leave it out or use another model.`;
  return new RouterError("unsupported_content", text, { param: part.param });
}
