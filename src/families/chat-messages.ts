/** A conversation as the `messages` of a chat completion, as strict servers take it. */
import { RouterError } from "../errors.ts";
import type { AssistantMessage, ChatMessage, ContentPart, JsonObject, ToolCall } from "../openai/types.ts";
import { isObject } from "./json.ts";
import { inlineData, sniffMediaType } from "./media.ts";
import { emptyConversation } from "./text-messages.ts";

/** What a server takes, and how it wants it. */
export interface ChatMessageRules {
  readonly images: boolean;
  readonly turns: "any" | "system first" | "alternating";
  /** Gives the id under which the server knows a tool call; the client's own where it is missing. */
  readonly callId?: (id: string) => string;
}

const IMAGE_TYPES: ReadonlySet<string | undefined> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
]);
/** Stands for the user where a conversation opens with the assistant. */
const OPENING = "(The conversation starts with the assistant's message.)";
/** Between messages that become one. */
const SEPARATOR = "\n\n";

/**
 * System messages at the start, and the router's own instructions, become one; messages without content are left out.
 * @param instructions Sentences to add to the system prompt.
 * @throws RouterError with `param` for parts that cannot be sent, tool results without a call, and conversations that
 *   hold nothing but system messages.
 */
export function chatMessages(
  messages: readonly ChatMessage[],
  rules: ChatMessageRules,
  instructions: readonly string[] = [],
): JsonObject[] {
  const callId = rules.callId ?? ((id: string) => id);
  const known = new Set<string>();
  const system: string[] = [];
  const turns: JsonObject[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") {
      const text = textOf(message.content, "system");
      if (text === "") continue;
      if (turns.length === 0 || rules.turns !== "any") system.push(text);
      else turns.push({ role: "system", content: text });
    } else if (message.role === "user") {
      const content = userContent(message.content, rules.images);
      if (content !== undefined) turns.push({ role: "user", content });
    } else if (message.role === "assistant") {
      for (const call of message.toolCalls) known.add(call.id);
      turns.push(...assistantTurn(message, callId));
    } else {
      if (!known.has(message.toolCallId)) throw unknownCall(message.toolCallId, index);
      const content = textOf(message.content, "tool");
      turns.push({ role: "tool", tool_call_id: callId(message.toolCallId), content });
    }
  }
  if (turns.every(({ role }) => role === "system")) throw emptyConversation();
  const lead = [...system, ...instructions].join(SEPARATOR);
  const rest = rules.turns === "alternating" ? alternating(turns) : turns;
  return lead === "" ? rest : [{ role: "system", content: lead }, ...rest];
}

function assistantTurn(
  { content, toolCalls }: AssistantMessage,
  callId: (id: string) => string,
): JsonObject[] {
  const text = textOf(content, "assistant");
  const calls = toolCalls.map((call) => ({
    id: callId(call.id),
    type: "function",
    function: { name: call.name, arguments: argumentsOf(call) },
  }));
  if (text === "" && calls.length === 0) return [];
  return [
    {
      role: "assistant",
      ...(text !== "" && { content: text }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

/** Servers parse the arguments of the history: empty means none, and what is no JSON object must still not get lost. */
function argumentsOf({ arguments: text }: ToolCall): string {
  if (text.trim() === "") return "{}";
  try {
    if (isObject(JSON.parse(text))) return text.toWellFormed();
  } catch {
    // Kept below as it is.
  }
  return JSON.stringify({ _raw: text.toWellFormed() });
}

/** A string where there is only text; undefined where there is nothing. */
function userContent(parts: readonly ContentPart[], images: boolean): string | JsonObject[] | undefined {
  if (parts.every((part) => part.type === "text")) return textOf(parts, "user") || undefined;
  const content = parts.flatMap((part): JsonObject[] => {
    if (part.type === "image_url") return [imagePart(part, images)];
    const text = textOf([part], "user");
    return text === "" ? [] : [{ type: "text", text }];
  });
  return content;
}

function imagePart({ url, param }: Extract<ContentPart, { type: "image_url" }>, images: boolean): JsonObject {
  if (!images) throw unsupported(param, "This model reads text only: leave out images or use another model.");
  const { base64 } = inlineData(url, param);
  const mediaType = sniffMediaType(base64);
  if (!IMAGE_TYPES.has(mediaType)) {
    throw unsupported(param, "The data of this image is not PNG, JPEG, GIF or WebP.");
  }
  return { type: "image_url", image_url: { url: `data:${mediaType};base64,${base64}` } };
}

/** The text of parts, joined as the client cut them; the empty string where there is nothing but white space. */
function textOf(parts: readonly ContentPart[], role: ChatMessage["role"]): string {
  const text = parts
    .map((part) => {
      if (part.type === "text") return part.text;
      const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
      const where = role === "user" ? "This model" : `A ${role} message to this model`;
      throw unsupported(part.param, `${where} does not take content parts of type "${kind}".`);
    })
    .join("");
  // Half a surrogate pair (a text cut in the middle of an emoji) is not valid JSON to some servers.
  return /\S/.test(text) ? text.toWellFormed() : "";
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
    ? contents.join(SEPARATOR)
    : contents.flatMap((one) => (Array.isArray(one) ? one : [{ type: "text", text: one }]));
  return {
    role: first.role,
    ...(contents.length > 0 && { content }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function unknownCall(id: string, index: number): RouterError {
  const param = `messages[${index}].tool_call_id`;
  const shown = JSON.stringify(id.slice(0, 64));
  const text = `Invalid '${param}': no assistant message before it has a tool call with the id ${shown}.`;
  return new RouterError("invalid_value", text, { param });
}

function unsupported(param: string, message: string): RouterError {
  return new RouterError("unsupported_content", message, { param });
}
