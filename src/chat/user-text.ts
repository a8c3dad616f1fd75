/** The user's own words, without what OpenClaw's agent writes in the user's name. */
import type { ChatMessage } from "./request.ts";

/** Context blocks, a bracket at the beginning, a `Runtime:` line, the line above images that a tool gave. */
const CONTEXT_BLOCK =
  /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?(?:<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/g;
const BRACKET = /^\s*\[[^\]\n]*\]\s*/;
/** In a bracket: it is a `[timestamp]`. */
const TIME = /\d:\d{2}/;
const RUNTIME_LINE = /^Runtime:.*$/gm;
const TOOL_IMAGES = /^(?:Attached image|Image)\(s\) from tool result.*:$/gm;

/** What the user says in this message; empty when it is another's, or the agent's alone. */
function words(message: ChatMessage): string {
  if (message.role !== "user") return "";
  const text = message.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  return text
    .replace(CONTEXT_BLOCK, "")
    .replace(BRACKET, (bracket) => (TIME.test(bracket) ? "" : bracket))
    .replace(RUNTIME_LINE, "")
    .replace(TOOL_IMAGES, "")
    .trim();
}

/** The text of the newest user message that still has one without the agent's additions. */
export function userText(messages: readonly ChatMessage[]): string | undefined {
  const newest = messages[lastUserWords(messages)];
  return newest && words(newest);
}

/** Where that message stands; -1 when there is none. */
export function lastUserWords(messages: readonly ChatMessage[]): number {
  return messages.findLastIndex((message) => words(message) !== "");
}
