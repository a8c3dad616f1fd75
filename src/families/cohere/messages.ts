/**
 * A conversation as Command R wants it: one `message`, the turns before it as `chat_history`, system text as `preamble`,
 * and the results of the calls that the model waits for as `tool_results`.
 */
import type { ChatMessage, ContentPart, FunctionTool, JsonObject } from "../../openai/types.ts";
import { type BookedCall, callBook, NO_RESULT } from "../call-book.ts";
import { exactJson } from "../exact-json.ts";
import { isObject } from "../json.ts";
import { emptyConversation, plainText } from "../text-messages.ts";
import { callObject } from "./tools.ts";

/** Stands for the user where the assistant spoke last; Cohere needs a message. */
const CONTINUE = "Continue.";
/** Between messages that become one. */
const SEPARATOR = "\n\n";

/** What goes into the body. */
export interface Conversation {
  readonly message: string;
  /** Empty where there are none. */
  readonly history: readonly JsonObject[];
  readonly toolResults: readonly JsonObject[];
  /** Texts of system and developer messages, in order. */
  readonly system: readonly string[];
}

interface Turn {
  readonly role: "USER" | "CHATBOT";
  text: string;
  readonly calls: BookedCall[];
}

/**
 * @param tools What the model may call: results of other tools' calls cannot travel as such.
 * @throws RouterError with `param`: `unsupported_content` for anything but text, `invalid_value` for unknown tool call ids
 *   and conversations without a message.
 */
export function buildConversation(
  messages: readonly ChatMessage[],
  tools: readonly FunctionTool[],
): Conversation {
  const { system, turns } = readTurns(messages);
  if (turns.length === 0) throw emptyConversation();
  // What the model is in the middle of: the calls since anybody last said something.
  const spoken = turns.findLastIndex(({ text }) => text !== "");
  const open = turns.slice(Math.max(spoken, 0)).flatMap(({ calls }) => calls);
  const known = new Set(tools.map(({ name }) => name));
  if (open.length === 0 || !open.every(({ name }) => known.has(name))) {
    const entries = turns.flatMap(historyEntries);
    const last = entries.at(-1)?.role === "USER" ? entries.pop() : undefined;
    return { message: String(last?.message ?? CONTINUE), history: entries, toolResults: [], system };
  }
  const before = turns.slice(0, Math.max(spoken, 0)).flatMap(historyEntries);
  const speaker = turns[spoken];
  const toolResults = open.map(resultObject);
  if (speaker?.role === "USER") return { message: speaker.text, history: before, toolResults, system };
  const said = speaker === undefined ? [] : [entry("CHATBOT", speaker.text)];
  return { message: CONTINUE, history: [...before, ...said], toolResults, system };
}

function readTurns(messages: readonly ChatMessage[]): { system: string[]; turns: Turn[] } {
  const system: string[] = [];
  const turns: Turn[] = [];
  const book = callBook();
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      book.answer({ ...message, content: textOnly(message.content) }, `messages[${index}]`);
      continue;
    }
    const plain = plainText(message.content);
    const text = /\S/.test(plain) ? plain : "";
    if (message.role === "system") {
      if (text !== "") system.push(text);
    } else if (message.role === "user") {
      if (text !== "") addText(turns, "USER", text);
    } else {
      if (text !== "") addText(turns, "CHATBOT", text);
      if (message.toolCalls.length === 0) continue;
      if (turns.at(-1)?.role !== "CHATBOT") turns.push({ role: "CHATBOT", text: "", calls: [] });
      const calls = message.toolCalls.map((call) => book.add(call, index));
      turns.at(-1)?.calls.push(...calls);
    }
  }
  return { system, turns };
}

/** A turn goes on as long as it holds text only: what is said after a call belongs behind it. */
function addText(turns: Turn[], role: Turn["role"], text: string): void {
  const last = turns.at(-1);
  if (last?.role === role && last.calls.length === 0) last.text += SEPARATOR + text;
  else turns.push({ role, text, calls: [] });
}

/** @throws RouterError `unsupported_content` naming the part that is no text. */
function textOnly(parts: readonly ContentPart[]): readonly ContentPart[] {
  plainText(parts);
  return parts;
}

/**
 * A turn of the past. The history has no place for calls, so they are told from the user's side, where the model does not
 * take them for its own way of writing.
 */
function historyEntries({ role, text, calls }: Turn): { role: string; message: string }[] {
  const said = text === "" ? [] : [entry(role, text)];
  if (calls.length === 0) return said;
  return [...said, entry("USER", calls.map(toldCall).join(SEPARATOR))];
}

function entry(role: string, message: string): { role: string; message: string } {
  return { role, message };
}

function toldCall(call: BookedCall): string {
  return `[Result of the tool ${call.name}, called with ${JSON.stringify(call.input)}]\n${resultText(call)}`;
}

function resultObject(call: BookedCall): JsonObject {
  return { call: callObject(call.name, call.input), outputs: outputs(resultText(call)) };
}

function resultText({ result }: BookedCall): string {
  if (result === undefined) return NO_RESULT;
  return plainText(result) || "(no output)";
}

/** Outputs are objects: those of a JSON text, else the text in one. */
function outputs(text: string): JsonObject[] {
  const value = exactJson(text);
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every(isObject) ? list : [{ text }];
}
