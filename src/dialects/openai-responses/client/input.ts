/**
 * The items of a Responses request as messages. Neighbouring reasoning, messages and calls of the assistant are one turn, since that
 * is what every other API calls a turn.
 */
import { carried } from "../../../chat/carrier.ts";
import type { ReasoningBlock } from "../../../chat/delta.ts";
import type { ChatMessage, ContentPart, JsonObject, ToolCall } from "../../../chat/request.ts";
import { jsonText } from "../../../lib/exact-json.ts";
import { invalid, isUnset, listAt, objectAt, optionalText, textAt } from "../../fields.ts";
import { itemPath } from "../upstream/names.ts";
import { contentParts } from "./parts.ts";
import { customArguments, type ToolBook } from "./tools.ts";

/** Far above what honest clients send. */
const MOST_ITEMS = 10_000;

export interface InputMessages {
  readonly messages: readonly ChatMessage[];
  /** Kinds of items that no other service can use, e.g. `input.web_search_call`. */
  readonly dropped: readonly string[];
  /** Ids of all calls. */
  readonly called: ReadonlySet<string>;
}

interface OpenTurn {
  readonly content: ContentPart[];
  readonly toolCalls: ToolCall[];
  readonly reasoning: ReasoningBlock[];
}

/** Calls of tools that the client runs, with the member that holds what is asked for. */
const CLIENT_CALLS: ReadonlyMap<string, { readonly tool: string; readonly member: string }> = new Map([
  ["local_shell_call", { tool: "local_shell", member: "action" }],
  ["shell_call", { tool: "shell", member: "action" }],
  ["apply_patch_call", { tool: "apply_patch", member: "operation" }],
]);

const RESULTS: ReadonlySet<string> = new Set([
  ...["function_call_output", "custom_tool_call_output"],
  ...["local_shell_call_output", "shell_call_output", "apply_patch_call_output"],
]);

/** What the services of others ran themselves, or keep. */
const FOREIGN: ReadonlySet<string> = new Set([
  ...[
    "web_search_call",
    "image_generation_call",
    "file_search_call",
    "code_interpreter_call",
    "computer_call",
  ],
  ...["computer_call_output", "mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"],
  ...["tool_search_call", "compaction"],
]);

/**
 * @param input The field `input`: a text, or items.
 * @param book Takes the tools that stand among the items.
 * @param before How many items are not the client's own, but what its `previous_response_id` stands for.
 * @throws RouterError `invalid_value` naming the item as the client counts, e.g. `input[3].type`
 */
export function inputMessages(input: unknown, book: ToolBook, before = 0): InputMessages {
  if (typeof input === "string") {
    return {
      messages: [{ role: "user", content: [{ type: "text", text: input, param: "input" }] }],
      dropped: [],
      called: new Set(),
    };
  }
  if (!Array.isArray(input)) throw invalid("input", "expected a string or a list of items");
  const items = listAt(input, "input", MOST_ITEMS);
  const messages: ChatMessage[] = [];
  const dropped = new Set<string>();
  /** What a result may answer. */
  const called = new Set<string>();
  let turn: OpenTurn | undefined;
  const assistant = (): OpenTurn => {
    turn ??= { content: [], toolCalls: [], reasoning: [] };
    return turn;
  };
  const addCall = (made: ToolCall): void => {
    called.add(made.id);
    assistant().toolCalls.push(made);
  };
  const close = (): void => {
    if (turn === undefined) return;
    const { content, toolCalls, reasoning } = turn;
    turn = undefined;
    // Reasoning without anything that came of it is of no use to a model.
    if (content.length === 0 && toolCalls.length === 0) return;
    messages.push({ role: "assistant", content, toolCalls, ...(reasoning.length > 0 && { reasoning }) });
  };

  for (const [index, entry] of items.entries()) {
    const param = itemPath(index, before);
    const item = objectAt(entry, param);
    const type = isUnset(item.type) ? "message" : textAt(item.type, `${param}.type`);
    if (type === "message" && item.role === "assistant") {
      assistant().content.push(...contentParts(item.content, `${param}.content`));
    } else if (type === "message") {
      close();
      messages.push(message(item, param));
    } else if (type === "reasoning") {
      const blocks = reasoningBlocks(item, param);
      if (blocks === undefined) dropped.add("input.reasoning");
      else assistant().reasoning.push(...blocks);
    } else if (type === "function_call" || type === "custom_tool_call") {
      addCall(call(item, type, param, book));
    } else if (CLIENT_CALLS.has(type)) {
      addCall(clientCall(item, type, param));
    } else if (RESULTS.has(type)) {
      close();
      messages.push(result(item, param, called));
    } else if (type === "additional_tools" || type === "tool_search_output") {
      book.add(item.tools, `${param}.tools`);
    } else if (FOREIGN.has(type)) {
      dropped.add(`input.${type}`);
    } else {
      throw unknownItem(type, param);
    }
  }
  close();
  // Newer models refuse to write on from an answer of theirs.
  if (messages.at(-1)?.role === "assistant") {
    messages.push({ role: "user", content: [{ type: "text", text: "Go on.", param: "input" }] });
  }
  return { messages, dropped: [...dropped], called };
}

function message(item: JsonObject, param: string): ChatMessage {
  const { role } = item;
  const content = contentParts(item.content, `${param}.content`);
  if (role === "user") return { role, content };
  if (role === "system" || role === "developer") return { role: "system", content };
  throw invalid(`${param}.role`, 'expected "user", "assistant", "system" or "developer"');
}

/** The blocks that this router once gave out; none for an item that holds nothing but a summary; undefined for another service's. */
function reasoningBlocks(item: JsonObject, param: string): readonly ReasoningBlock[] | undefined {
  const text = optionalText(item.encrypted_content, `${param}.encrypted_content`);
  if (text === undefined || text === "") return [];
  const found = carried(text);
  return found?.blocks.map((block) => ({ ...block, of: found.model }));
}

function call(item: JsonObject, type: string, param: string, book: ToolBook): ToolCall {
  const id = textAt(item.call_id, `${param}.call_id`);
  const name = book.flat(
    textAt(item.name, `${param}.name`),
    optionalText(item.namespace, `${param}.namespace`),
  );
  if (type === "custom_tool_call")
    return { id, name, arguments: customArguments(textAt(item.input, `${param}.input`)) };
  return { id, name, arguments: optionalText(item.arguments, `${param}.arguments`) ?? "" };
}

function clientCall(item: JsonObject, type: string, param: string): ToolCall {
  const { tool, member } = CLIENT_CALLS.get(type) ?? { tool: type, member: "action" };
  const id = textAt(item.call_id, `${param}.call_id`);
  return { id, name: tool, arguments: jsonText(objectAt(item[member], `${param}.${member}`)) };
}

function result(item: JsonObject, param: string, called: ReadonlySet<string>): ChatMessage {
  const toolCallId = textAt(item.call_id ?? item.id, `${param}.call_id`);
  if (!called.has(toolCallId)) {
    throw invalid(
      `${param}.call_id`,
      "no call of this id stands before it; send the call too, or previous_response_id",
    );
  }
  const { output } = item;
  const at = `${param}.output`;
  // Only the built-in shell's output is a list of objects that are no parts; a model reads it as it is.
  const isParts = Array.isArray(output) && item.type !== "shell_call_output";
  if (typeof output === "string" || isParts || isUnset(output)) {
    return { role: "tool", toolCallId, content: isUnset(output) ? [] : contentParts(output, at) };
  }
  return { role: "tool", toolCallId, content: [{ type: "text", text: jsonText(output), param: at }] };
}

function unknownItem(type: string, param: string): Error {
  if (type === "item_reference") {
    return invalid(
      param,
      "it refers to an item that this router does not keep: send the item itself, with store: false",
    );
  }
  return invalid(
    `${param}.type`,
    "this kind of item is not known here; send messages, calls and their outputs",
  );
}
