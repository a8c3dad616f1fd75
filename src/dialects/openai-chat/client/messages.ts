/** The messages of a request, normalised: one part type list for every content, deprecated function calls as tool calls. */
import { RouterError } from "../../../errors.ts";
import type { WireMessage, WirePart } from "./schema.ts";
import type { ChatMessage, ContentPart, ToolCall } from "../../../chat/request.ts";

/**
 * @param wire Messages that passed the request schema.
 * @throws RouterError `invalid_value` naming the message, where a role lacks what it needs.
 */
export function parseMessages(wire: readonly WireMessage[]): ChatMessage[] {
  // The deprecated function interface has no call ids: a result belongs to the last call of that name.
  const legacyIds = new Map<string, string>();
  return wire.map((message, index) => parseMessage(message, `messages[${index}]`, index, legacyIds));
}

function parseMessage(
  message: WireMessage,
  param: string,
  index: number,
  legacyIds: Map<string, string>,
): ChatMessage {
  const { role } = message;
  if (role === "assistant") {
    return {
      role,
      content: [...parseContent(message, param), ...refusalPart(message, param)],
      toolCalls: parseToolCalls(message, param, index, legacyIds),
    };
  }
  if (message.content === null || message.content === undefined) {
    throw wrong(`${param}.content`, `a ${role} message needs content`);
  }
  const content = parseContent(message, param);
  if (role === "tool") {
    if (!message.tool_call_id) {
      throw wrong(`${param}.tool_call_id`, "a tool message names the call that it answers");
    }
    return { role, toolCallId: message.tool_call_id, content };
  }
  if (role === "function") {
    const id = legacyIds.get(message.name ?? "");
    if (id === undefined) throw wrong(`${param}.name`, "no function of this name was called before");
    return { role: "tool", toolCallId: id, content };
  }
  return { role: role === "user" ? "user" : "system", content };
}

function parseToolCalls(
  message: WireMessage,
  param: string,
  index: number,
  legacyIds: Map<string, string>,
): ToolCall[] {
  const calls = (message.tool_calls ?? []).map((call, i): ToolCall => {
    if (!call.function) {
      throw wrong(`${param}.tool_calls[${i}].function`, "only function calls are understood");
    }
    return { id: call.id, name: call.function.name, arguments: call.function.arguments ?? "" };
  });
  const legacy = message.function_call;
  if (legacy) {
    const id = `call_${index}_${legacy.name}`;
    legacyIds.set(legacy.name, id);
    calls.push({ id, name: legacy.name, arguments: legacy.arguments ?? "" });
  }
  return calls;
}

function parseContent(message: WireMessage, param: string): ContentPart[] {
  const { content } = message;
  if (content === null || content === undefined) return [];
  if (typeof content === "string") return [{ type: "text", text: content, param: `${param}.content` }];
  return content.map((part, index) => parsePart(part, `${param}.content[${index}]`));
}

/** What an assistant refused is part of what it said. */
function refusalPart(message: WireMessage, param: string): ContentPart[] {
  return message.refusal ? [{ type: "text", text: message.refusal, param: `${param}.refusal` }] : [];
}

function parsePart(part: WirePart, param: string): ContentPart {
  const cache = part.cache_control;
  const hint = cache ? { cacheControl: { type: cache.type, ...(cache.ttl && { ttl: cache.ttl }) } } : {};
  switch (part.type) {
    case "text":
      return { type: "text", text: needed(part.text, `${param}.text`), ...hint, param };
    case "refusal":
      return { type: "text", text: needed(part.refusal, `${param}.refusal`), ...hint, param };
    case "image_url": {
      const image = part.image_url;
      const url = typeof image === "string" ? image : image?.url;
      return { type: "image_url", url: needed(url, `${param}.image_url`), ...hint, param };
    }
    case "file": {
      const file = part.file;
      if (!file) throw wrong(`${param}.file`, "expected an object");
      return {
        type: "file",
        ...(file.file_data && { data: file.file_data }),
        ...(file.file_id && { id: file.file_id }),
        ...(file.filename && { filename: file.filename }),
        ...hint,
        param,
      };
    }
    default:
      return { type: "other", kind: part.type, param };
  }
}

function needed(value: string | null | undefined, param: string): string {
  if (typeof value === "string") return value;
  throw wrong(param, "expected a string");
}

function wrong(param: string, text: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${text}.`, { param });
}
