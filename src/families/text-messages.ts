/** Conversations for families that read text only and have no tools. */
import { RouterError } from "../errors.ts";
import type { ChatMessage, ChatRequest, ContentPart } from "../openai/types.ts";
import { choiceParam } from "./offered-tools.ts";

/** Stands for the user where a conversation opens with the assistant. */
const OPENING = "(The conversation starts with the assistant's message.)";
/** Between messages that become one. */
const SEPARATOR = "\n\n";

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
export function textConversation(
  messages: readonly ChatMessage[],
  advice = "Use another model.",
): TextConversation {
  const system: string[] = [];
  const turns: { role: TextTurn["role"]; text: string }[] = [];
  for (const [index, message] of messages.entries()) {
    refuseToolMessage(message, `messages[${index}]`, advice);
    const text = plainText(message.content);
    if (!/\S/.test(text) || message.role === "tool") continue;
    const last = turns.at(-1);
    if (message.role === "system") system.push(text);
    else if (last?.role === message.role) last.text += SEPARATOR + text;
    else turns.push({ role: message.role, text });
  }
  if (turns.length === 0) throw emptyConversation();
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", text: OPENING });
  return { system: system.join(SEPARATOR), turns, prefilled: turns.at(-1)?.role === "assistant" };
}

/** The error for messages that hold no text of user or assistant. */
export function emptyConversation(): RouterError {
  const text = "Invalid 'messages': at least one user message with text is needed besides system messages.";
  return new RouterError("invalid_value", text, { param: "messages" });
}

/**
 * The text parts of a message, joined without a separator as the client cut them.
 * @throws RouterError `unsupported_content` naming the part that is no text.
 */
export function plainText(parts: readonly ContentPart[]): string {
  const texts = parts.map((part) => {
    if (part.type === "text") return part.text;
    throw notText(part);
  });
  // Half a surrogate pair (a text cut in the middle of an emoji) is no valid JSON to some models.
  return texts.join("").toWellFormed();
}

/** The error for a part that a model which reads only text cannot take. */
export function notText(part: Exclude<ContentPart, { type: "text" }>): RouterError {
  const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
  const text = `This model reads text only: it does not take content parts of type "${kind}". Leave it out or use another model.`;
  return new RouterError("unsupported_content", text, { param: part.param });
}

/**
 * @param param The path of the message.
 * @throws RouterError `unsupported_content` for tool results and for assistant messages with tool calls.
 */
export function refuseToolMessage(message: ChatMessage, param: string, advice: string): void {
  const calls = message.role === "assistant" && message.toolCalls.length > 0;
  if (!calls && message.role !== "tool") return;
  const text = `This model has no tools here, so tool calls and their results cannot be sent to it. ${advice}`;
  throw new RouterError("unsupported_content", text, { param: calls ? `${param}.tool_calls` : param });
}

/**
 * For families without tools that have their own advice; `tools`, `functions` and `tool_choice` then count as handled.
 * @throws RouterError `unsupported_parameter` where tools are offered that the model may call, or a call is demanded.
 */
export function refuseTools(request: ChatRequest, advice: string): void {
  const { tools, toolChoice, raw } = request;
  const demanded = toolChoice !== undefined && toolChoice.type !== "none" && toolChoice.type !== "auto";
  if ((tools.length === 0 || toolChoice?.type === "none") && !demanded) return;
  const offered = raw.tools === undefined || raw.tools === null ? "functions" : "tools";
  const param = tools.length === 0 ? choiceParam(request) : offered;
  const text = `The parameter '${param}' cannot be honoured by the chosen model: it has no tools here. ${advice}`;
  throw new RouterError("unsupported_parameter", text, { param });
}

/**
 * Breaks control tokens in a client's text, so that a prompt template stays the only one to end turns or to open them.
 * A space after the first character keeps the text readable.
 * @param tokens Matches each control token as a whole; global.
 */
export function neutralise(text: string, tokens: RegExp): string {
  return text.replace(tokens, (token) => `${token.slice(0, 1)} ${token.slice(1)}`);
}
