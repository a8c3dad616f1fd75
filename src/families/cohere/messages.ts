/**
 * A conversation as Command R wants it: one `message`, the turns before it as `chat_history`, system text as `preamble`,
 * and the results of the calls that the model waits for as `tool_results`.
 */
import type { ChatMessage, FunctionTool, JsonObject } from "../../chat/request.ts";
import { isObject } from "../../lib/json.ts";
import { type BookedCall, exactJson, NO_OUTPUT } from "../request/call-book.ts";
import { NO_RESULT } from "../../chat/paired-calls.ts";
import { joinTexts } from "../request/settings.ts";
import { plainText, visibleText } from "../request/text-conversation.ts";
import { CONTINUE, readTurns, type TurnFormat, textOf } from "../request/turns.ts";
import { originalName } from "../request/tool-names.ts";
import { callObject } from "./tools.ts";

/** What goes into the body. */
export interface Conversation {
  readonly message: string;
  /** Empty where there are none. */
  readonly history: readonly JsonObject[];
  readonly toolResults: readonly JsonObject[];
  /** System and developer messages, as one text; may be empty. */
  readonly system: string;
}

interface Turn {
  readonly role: "USER" | "CHATBOT";
  readonly text: string;
  readonly calls: readonly BookedCall[];
}

const FORMAT: TurnFormat = {
  append(blocks, parts, place) {
    const text = visibleText(parts, place);
    if (text !== "") blocks.push({ text });
  },
  text: (text) => ({ text }),
  prefill: false,
  // What is said after a call belongs behind it.
  callsEndTurn: true,
};

/**
 * @param tools What the model may call: results of other tools' calls cannot travel as such.
 * @throws RouterError with `param`: `unsupported_content` for anything but text, `invalid_value` for unknown tool call ids
 *   and conversations without a message.
 */
export function buildConversation(
  messages: readonly ChatMessage[],
  tools: readonly FunctionTool[],
): Conversation {
  const read = readTurns(messages, FORMAT);
  const system = textOf(read.system);
  const turns = read.turns.map(({ role, blocks, calls }): Turn => {
    return { role: role === "user" ? "USER" : "CHATBOT", text: textOf(blocks), calls };
  });
  // What the model is in the middle of: the calls since anybody last said something.
  const spoken = turns.findLastIndex(({ text }) => text !== "");
  const open = turns.slice(Math.max(spoken, 0)).flatMap(({ calls }) => calls);
  const known = new Set(tools.map(({ name }) => originalName(name)));
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

/**
 * A turn of the past. The history has no place for calls, so they are told from the user's side, where the model does not
 * take them for its own way of writing.
 */
function historyEntries({ role, text, calls }: Turn): { role: string; message: string }[] {
  const said = text === "" ? [] : [entry(role, text)];
  if (calls.length === 0) return said;
  return [...said, entry("USER", joinTexts(...calls.map(toldCall)))];
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
  return plainText(result, "tool") || NO_OUTPUT;
}

/** Outputs are objects: those of a JSON text, else the text in one. */
function outputs(text: string): JsonObject[] {
  const value = exactJson(text);
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every(isObject) ? list : [{ text }];
}
