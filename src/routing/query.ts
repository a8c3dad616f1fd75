/** The text that strategies judge a request by. It only chooses: the model gets the whole conversation. */
import type { ChatMessage } from "../chat/request.ts";
import { userText } from "../chat/user-text.ts";

const MAX_CHARS = 500;
const NO_TEXT = "general query";

/** At most 500 characters of a {@link userText}. */
export function shortened(text: string | undefined): string {
  if (text === undefined) return NO_TEXT;
  return [...text.slice(0, 2 * MAX_CHARS)].slice(0, MAX_CHARS).join("");
}

/** What strategies judge these messages by. */
export function routingQuery(messages: readonly ChatMessage[]): string {
  return shortened(userText(messages));
}
