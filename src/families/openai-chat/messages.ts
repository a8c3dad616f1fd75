/** A conversation as the `messages` of a chat completion, as strict servers take it. */
import type { AssistantMessage, ChatMessage, ContentPart, JsonObject, ToolCall } from "../../chat/request.ts";
import { chatCall, FROM_TOOL } from "../../dialects/openai-chat/upstream/messages.ts";
import { pairedCalls } from "../../chat/paired-calls.ts";
import { jsonText } from "../../lib/exact-json.ts";
import type { ChatModel } from "../models/facts.ts";
import { callInput, unknownCall } from "../request/call-book.ts";
import { BEHIND_RESULTS, imageData } from "../request/media.ts";
import { emptyConversation } from "../request/refusals.ts";
import { joinTexts } from "../request/settings.ts";
import { visibleText } from "../request/text-conversation.ts";
import type { ToolBook } from "../request/tool-book.ts";
import { CONTINUE, OPENING } from "../request/turns.ts";

export { chatCall } from "../../dialects/openai-chat/upstream/messages.ts";

/**
 * System messages at the start, and the router's own instructions, become one; messages without content are left out.
 * @param instructions Sentences to add to the system prompt.
 * @throws RouterError with `param` for parts that cannot be sent, tool results without a call, and conversations that
 *   hold nothing but system messages.
 */
export function chatMessages(
  messages: readonly ChatMessage[],
  rules: Pick<ChatModel, "images" | "turns">,
  instructions: readonly string[],
  book: ToolBook,
): JsonObject[] {
  refuseUnknownCalls(messages);
  const system: string[] = [];
  const turns: JsonObject[] = [];
  /** What tools gave to see goes behind all results of their turn, which must stand together. */
  let seen: JsonObject[] = [];
  const flush = (): void => {
    if (seen.length > 0) turns.push({ role: "user", content: shownImages(seen) });
    seen = [];
  };
  for (const message of pairedCalls(messages)) {
    const { role } = message;
    if (role === "tool") {
      const { content, images } = toolResult(message.content, rules.images);
      turns.push({ role, tool_call_id: message.toolCallId, content });
      seen.push(...images);
      continue;
    }
    flush();
    if (role === "user") {
      const content = userContent(message.content, rules.images);
      if (content.length > 0) turns.push({ role, content });
      continue;
    }
    const content = visibleText(message.content, role);
    if (role === "assistant") turns.push(...assistantTurn(content, message, book));
    else if (turns.length === 0 || rules.turns !== "any") system.push(content);
    else if (content !== "") turns.push({ role, content });
  }
  flush();
  if (turns.every(({ role }) => role === "system")) {
    if (turns.length === 0 && joinTexts(...system) === "") throw emptyConversation();
    turns.push({ role: "user", content: CONTINUE });
  }
  const lead = joinTexts(...system, ...instructions);
  const rest = rules.turns === "alternating" ? alternating(turns) : turns;
  return lead === "" ? rest : [{ role: "system", content: lead }, ...rest];
}

/** @throws RouterError `invalid_value` for a tool result before, or without, its call. */
function refuseUnknownCalls(messages: readonly ChatMessage[]): void {
  const known = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "assistant") for (const { id } of message.toolCalls) known.add(id);
    if (message.role !== "tool" || known.has(message.toolCallId)) continue;
    throw unknownCall(message.toolCallId, `messages[${index}]`);
  }
}

function assistantTurn(content: string, { toolCalls }: AssistantMessage, book: ToolBook): JsonObject[] {
  const calls = toolCalls.map((call) => chatCall(call.id, book.name(call.name), argumentsOf(call)));
  if (content === "" && calls.length === 0) return [];
  return [
    { role: "assistant", ...(content !== "" && { content }), ...(calls.length > 0 && { tool_calls: calls }) },
  ];
}

/** Servers parse the arguments of the history; those that are what they should be stay as the model wrote them. */
function argumentsOf({ arguments: text }: ToolCall): string {
  const input = callInput(text);
  return text.trim() === "" || "_raw" in input ? jsonText(input) : text;
}

/** A string where there is only text; else parts, none where there is nothing. */
function userContent(parts: readonly ContentPart[], images: boolean): string | JsonObject[] {
  if (parts.every((part) => part.type === "text")) return visibleText(parts);
  return parts.flatMap((part): JsonObject[] => {
    if (part.type === "image_url" && images) return [chatImage(part)];
    const text = visibleText([part]);
    return text === "" ? [] : [{ type: "text", text }];
  });
}

/**
 * A tool's result, whose message has text only, and the images that go behind it.
 * @param images Whether the model sees any; else they are refused.
 */
export function toolResult(
  parts: readonly ContentPart[],
  images: boolean,
): { readonly content: string; readonly images: readonly JsonObject[] } {
  const seen = images ? parts.filter((part) => part.type === "image_url") : [];
  const rest = seen.length === 0 ? parts : parts.filter((part) => part.type !== "image_url");
  const content = visibleText(rest, "tool");
  return {
    content: content === "" && seen.length > 0 ? BEHIND_RESULTS : content,
    images: seen.map(chatImage),
  };
}

/** What a user's turn says of the images that tools gave. */
export function shownImages(images: readonly JsonObject[]): JsonObject[] {
  return [{ type: "text", text: FROM_TOOL }, ...images];
}

/** An image as a content part. */
export function chatImage(part: Extract<ContentPart, { type: "image_url" }>): JsonObject {
  const { base64, format } = imageData(part);
  return { type: "image_url", image_url: { url: `data:image/${format};base64,${base64}` } };
}

/** The user first, and no two messages of one side in a row. */
function alternating(turns: readonly JsonObject[]): JsonObject[] {
  const merged: JsonObject[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    if (last !== undefined && last.role === turn.role && turn.role !== "tool") {
      merged[merged.length - 1] = joined(last, turn);
    } else {
      merged.push(turn);
    }
  }
  if (merged[0]?.role === "assistant") merged.unshift({ role: "user", content: OPENING });
  return merged;
}

function joined(first: JsonObject, second: JsonObject): JsonObject {
  const contents = [first.content, second.content].filter((content) => content !== undefined);
  const calls = [first.tool_calls, second.tool_calls].flatMap((list) => (Array.isArray(list) ? list : []));
  const content = contents.every((one) => typeof one === "string")
    ? joinTexts(...contents)
    : contents.flatMap((one) => (Array.isArray(one) ? one : [{ type: "text", text: one }]));
  return {
    role: first.role,
    ...(contents.length > 0 && { content }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}
