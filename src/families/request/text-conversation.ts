/** Conversations for families that read text only and have no tools. */
import type { ChatMessage, ChatRequest, ContentPart } from "../../chat/request.ts";
import { paramName } from "../../chat/parameters.ts";
import { choiceParam } from "./offered-tools.ts";
import {
  emptyConversation,
  type Place,
  unsupportedContent,
  unsupportedParameter,
  unsupportedPart,
} from "./refusals.ts";
import { CONTINUE, OPENING } from "./turns.ts";

/** Between messages that become one. */
const SEPARATOR = "\n\n";
const OTHER_MODEL = "Use another model.";

export interface TextTurn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface TextConversation {
  /** All system and developer messages in their order; empty where there are none. */
  readonly system: string;
  /** Turns that alternate; the first is the user's. Messages without text are left out. */
  readonly turns: readonly TextTurn[];
  /** Whether it ends with an assistant turn, which a model that writes on from its prompt continues. */
  readonly prefilled: boolean;
}

/**
 * A conversation as a system text and turns that alternate.
 * @param advice Ends the message of a refused tool call or result, e.g. how to reach the model's tools.
 * @throws RouterError with `param`: `unsupported_content` for images, files, tool calls and tool results,
 *   `invalid_value` where no user or assistant message has text.
 */
export function textConversation(messages: readonly ChatMessage[], advice = OTHER_MODEL): TextConversation {
  refuseToolMessages(messages, advice);
  const system: string[] = [];
  const turns: { role: TextTurn["role"]; text: string }[] = [];
  for (const message of messages) {
    const text = visibleText(message.content);
    if (text === "" || message.role === "tool") continue;
    const last = turns.at(-1);
    if (message.role === "system") system.push(text);
    else if (last?.role === message.role) last.text += SEPARATOR + text;
    else turns.push({ role: message.role, text });
  }
  if (turns.length === 0) {
    if (system.length === 0) throw emptyConversation();
    turns.push({ role: "user", text: CONTINUE });
  }
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", text: OPENING });
  return { system: system.join(SEPARATOR), turns, prefilled: turns.at(-1)?.role === "assistant" };
}

/**
 * The text parts of a message, joined without a separator as the client cut them.
 * @throws RouterError `unsupported_content` naming the part that is no text.
 */
export function plainText(parts: readonly ContentPart[], place?: Place): string {
  const texts = parts.map((part) => {
    if (part.type === "text") return part.text;
    throw unsupportedPart(part, place);
  });
  return texts.join("");
}

/** {@link plainText}, or nothing where that is only white space. */
export function visibleText(parts: readonly ContentPart[], place?: Place): string {
  const text = plainText(parts, place);
  return /\S/.test(text) ? text : "";
}

/** @throws RouterError `unsupported_content` for tool results and for assistant messages with tool calls. */
export function refuseToolMessages(messages: readonly ChatMessage[], advice = OTHER_MODEL): void {
  for (const [index, message] of messages.entries()) {
    const calls = message.role === "assistant" && message.toolCalls.length > 0;
    if (!calls && message.role !== "tool") continue;
    const text = `This model has no tools here, so tool calls and their results cannot be sent to it. ${advice}`;
    throw unsupportedContent(`messages[${index}]${calls ? ".tool_calls" : ""}`, text);
  }
}

/**
 * For families without tools that have their own advice; `tools`, `functions` and `tool_choice` then count as handled.
 * @throws RouterError `unsupported_parameter` where tools are offered that the model may call, or a call is demanded.
 */
export function refuseTools(
  request: ChatRequest,
  advice = "Leave the tools out or use another model.",
): void {
  const { tools, toolChoice } = request;
  const demanded = toolChoice !== undefined && toolChoice.type !== "none" && toolChoice.type !== "auto";
  if ((tools.length === 0 || toolChoice?.type === "none") && !demanded) return;
  const param = tools.length === 0 ? choiceParam(request) : paramName(request, "tools");
  const text = `The parameter '${param}' cannot be honoured by the chosen model: it has no tools here. ${advice}`;
  throw unsupportedParameter(param, text);
}

/**
 * Breaks control tokens in a client's text, so that a prompt template stays the only one to end turns or to open them.
 * A space after the first character keeps the text readable.
 * @param tokens Matches each control token as a whole; global.
 */
export function neutralise(text: string, tokens: RegExp): string {
  return text.replace(tokens, (token) => `${token.slice(0, 1)} ${token.slice(1)}`);
}
