/**
 * The conversation of a Messages request as neutral messages. System text stays where it is; the results of a user turn become
 * messages of their own before the rest of it.
 */
import type { AssistantMessage, ChatMessage, ContentPart, ToolCall } from "../../../chat/request.ts";
import { jsonText } from "../../../lib/exact-json.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { invalid, isUnset, listAt, objectAt, optionalBoolean, textAt } from "../../fields.ts";
import { readCacheControl } from "./cache-control.ts";
import { readPart } from "./content.ts";
import { readThought } from "./thoughts.ts";

/** Far above what honest clients send. */
const MOST_MESSAGES = 10_000;
const MOST_BLOCKS = 10_000;

/** @throws RouterError `invalid_value` for the first message that is wrong. */
export function readConversation(body: JsonObject): ChatMessage[] {
  if (isUnset(body.messages)) throw invalid("messages", "Field required");
  const list = listAt(body.messages, "messages", MOST_MESSAGES);
  if (list.length === 0) throw invalid("messages", "at least one message is required");
  const system = readParts(body.system, "system");
  const calls = new Set<string>();
  const messages: ChatMessage[] = system.length > 0 ? [{ role: "system", content: system }] : [];
  for (const [index, value] of list.entries()) {
    messages.push(...readMessage(objectAt(value, `messages.${index}`), `messages.${index}`, calls));
  }
  const mark = readCacheControl(body.cache_control, "cache_control");
  return mark === undefined ? messages : withLastMark(messages, { cacheControl: mark });
}

function readMessage(message: JsonObject, param: string, calls: Set<string>): ChatMessage[] {
  switch (message.role) {
    case "user":
      return readUser(blocksOf(message, param), calls);
    case "assistant":
      return [readAssistant(blocksOf(message, param), calls)];
    case "system": {
      const content = readParts(message.content, `${param}.content`);
      return content.length > 0 ? [{ role: "system", content }] : [];
    }
    default:
      throw invalid(`${param}.role`, 'expected one of "user", "assistant", "system"');
  }
}

interface PlacedBlock {
  readonly block: JsonObject;
  readonly param: string;
}

/** The blocks of a message; a string is one block of text. */
function blocksOf(message: JsonObject, param: string): PlacedBlock[] {
  const { content } = message;
  const at = `${param}.content`;
  if (isUnset(content)) throw invalid(at, "Field required");
  if (typeof content === "string") return [{ block: { type: "text", text: content }, param: at }];
  return listAt(content, at, MOST_BLOCKS).map((block, index) => ({
    block: objectAt(block, `${at}.${index}`),
    param: `${at}.${index}`,
  }));
}

function readUser(blocks: readonly PlacedBlock[], calls: ReadonlySet<string>): ChatMessage[] {
  const results: ChatMessage[] = [];
  const content: ContentPart[] = [];
  for (const { block, param } of blocks) {
    if (block.type === "tool_result") results.push(readResult(block, param, calls));
    else content.push(...readPart(block, param));
  }
  return content.length > 0 || results.length === 0 ? [...results, { role: "user", content }] : results;
}

function readResult(block: JsonObject, param: string, calls: ReadonlySet<string>): ChatMessage {
  const id = textAt(block.tool_use_id, `${param}.tool_use_id`);
  if (!calls.has(id)) {
    const shown = JSON.stringify(id.slice(0, 64));
    throw invalid(
      param,
      `unexpected tool_use_id in tool_result: no message before it has a tool_use with the id ${shown}`,
    );
  }
  const cacheControl = readCacheControl(block.cache_control, `${param}.cache_control`);
  const failed = optionalBoolean(block.is_error, `${param}.is_error`) === true;
  return {
    role: "tool",
    toolCallId: id,
    content: readParts(block.content, `${param}.content`),
    ...(failed && { isError: true }),
    ...(cacheControl !== undefined && { cacheControl }),
  };
}

/** Content that is a string or a list of blocks; none where it is missing. */
function readParts(content: unknown, param: string): ContentPart[] {
  if (isUnset(content)) return [];
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content, param }];
  return listAt(content, param, MOST_BLOCKS).flatMap((block, index) =>
    readPart(objectAt(block, `${param}.${index}`), `${param}.${index}`),
  );
}

function readAssistant(blocks: readonly PlacedBlock[], calls: Set<string>): AssistantMessage {
  const content: ContentPart[] = [];
  const toolCalls: ToolCall[] = [];
  const thoughts = [];
  for (const { block, param } of blocks) {
    if (block.type === "tool_use") {
      const call = readCall(block, param);
      calls.add(call.id);
      toolCalls.push(call);
    } else if (block.type === "thinking" || block.type === "redacted_thinking") {
      thoughts.push(...readThought(block, param));
    } else if (!isOfServer(block)) {
      content.push(...readPart(block, param));
    }
  }
  return { role: "assistant", content, toolCalls, ...(thoughts.length > 0 && { reasoning: thoughts }) };
}

/** What Anthropic's servers did by themselves in an earlier turn: no other model can read it. */
function isOfServer({ type }: JsonObject): boolean {
  if (typeof type !== "string") return false;
  return type === "server_tool_use" || type === "mcp_tool_use" || /^[a-z_]+_tool_result$/.test(type);
}

function readCall(block: JsonObject, param: string): ToolCall {
  const cacheControl = readCacheControl(block.cache_control, `${param}.cache_control`);
  return {
    id: textAt(block.id, `${param}.id`),
    name: textAt(block.name, `${param}.name`),
    arguments: jsonText(objectAt(block.input ?? {}, `${param}.input`)),
    ...(cacheControl !== undefined && { cacheControl }),
  };
}

type Mark = Required<Pick<ToolCall, "cacheControl">>;

/** `cache_control` at the top of a request marks the last block that can carry one. */
function withLastMark(messages: readonly ChatMessage[], mark: Mark): ChatMessage[] {
  const at = messages.findLastIndex(canBeMarked);
  return messages.map((message, index) => (index === at ? marked(message, mark) : message));
}

function canBeMarked(message: ChatMessage): boolean {
  if (message.role === "tool" || (message.role === "assistant" && message.toolCalls.length > 0)) return true;
  return message.content.some(isMarkable);
}

function isMarkable(part: ContentPart): boolean {
  return part.type !== "other" && !(part.type === "text" && part.text.trim() === "");
}

function marked(message: ChatMessage, mark: Mark): ChatMessage {
  if (message.role === "tool") return { ...message, ...mark };
  if (message.role === "assistant" && message.toolCalls.length > 0) {
    const last = message.toolCalls.length - 1;
    const toolCalls = message.toolCalls.map((call, index) => (index === last ? { ...call, ...mark } : call));
    return { ...message, toolCalls };
  }
  const last = message.content.findLastIndex(isMarkable);
  const content = message.content.map((part, index) =>
    index === last && part.type !== "other" ? { ...part, ...mark } : part,
  );
  return { ...message, content };
}
