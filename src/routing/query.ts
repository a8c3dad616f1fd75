/** The text that strategies judge a request by. It only chooses: the model gets the whole conversation. */
import type { ChatMessage } from "../openai/types.ts";

const MAX_CHARS = 500;
const NO_TEXT = "general query";

/** What OpenClaw's agent adds to a user's words: context blocks, a `[timestamp]`, a `Runtime:` line. */
const CONTEXT_BLOCK =
  /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?(?:<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/g;
const TIMESTAMP = /^\s*\[[^\]\n]*\d{1,2}:\d{2}[^\]\n]*\]\s*/;
const RUNTIME_LINE = /^Runtime:.*$/gm;

/** The text of the newest user message that still has one without the agent's additions. */
export function userText(messages: readonly ChatMessage[]): string | undefined {
  for (const message of messages.toReversed()) {
    if (message.role !== "user") continue;
    const text = message.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
    const words = text.replace(CONTEXT_BLOCK, "").replace(TIMESTAMP, "").replace(RUNTIME_LINE, "").trim();
    if (words !== "") return words;
  }
  return undefined;
}

/** At most 500 characters of a {@link userText}. */
export function shortened(text: string | undefined): string {
  if (text === undefined) return NO_TEXT;
  return [...text.slice(0, 2 * MAX_CHARS)].slice(0, MAX_CHARS).join("");
}

/** What strategies judge these messages by. */
export function routingQuery(messages: readonly ChatMessage[]): string {
  return shortened(userText(messages));
}
