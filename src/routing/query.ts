/** The text that strategies judge a request by. It only chooses: the model gets the whole conversation. */
import type { ChatMessage } from "../openai/types.ts";

const MAX_CHARS = 500;
const NO_TEXT = "general query";

/** What OpenClaw's agent adds to a user's words: context blocks, a `[timestamp]`, a `Runtime:` line. */
const CONTEXT_BLOCK =
  /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?(?:<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/g;
const TIMESTAMP = /^\s*\[[^\]\n]*\d{1,2}:\d{2}[^\]\n]*\]\s*/;
const RUNTIME_LINE = /^Runtime:.*$/gm;

/** The newest user message that still has text without the agent's additions; at most 500 characters of it. */
export function routingQuery(messages: readonly ChatMessage[]): string {
  for (const message of messages.toReversed()) {
    if (message.role !== "user") continue;
    const text = message.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
    const words = text.replace(CONTEXT_BLOCK, "").replace(TIMESTAMP, "").replace(RUNTIME_LINE, "").trim();
    if (words !== "") return [...words.slice(0, 2 * MAX_CHARS)].slice(0, MAX_CHARS).join("");
  }
  return NO_TEXT;
}
