/** A parsed prompt as what the answer depends on. */
import { type Conversation, type Media, PROMPT_ONLY } from "../../answer/conversation.ts";
import { userWords } from "../../answer/user-words.ts";
import { type JsonObject, stringsIn } from "../../json.ts";
import type { ParsedPrompt } from "./templates.ts";

const DEFAULT_TOKENS = 512;

/** The newest text in which a user speaks. */
export function questionIn(parsed: ParsedPrompt | undefined): string {
  const said = parsed?.turns.map(({ role, text }) => (role === "user" ? userWords(text) : ""));
  return said?.findLast((words) => words !== "") ?? "";
}

/** Reads a valid body; `limit` is its number of output tokens. */
export function readPrompt(
  parsed: ParsedPrompt,
  body: JsonObject,
  limit: unknown,
  media: readonly Media[] = [],
): Conversation {
  return {
    ...PROMPT_ONLY,
    question: questionIn(parsed),
    system: parsed.turns
      .filter(({ role }) => role === "system")
      .map(({ text }) => text)
      .join("\n\n"),
    media,
    received: body,
    maxTokens: typeof limit === "number" ? limit : DEFAULT_TOKENS,
    stop: stringsIn(body.stop),
  };
}
