/** How clients name the conversation that a request is a part of. */
import { asObject } from "../lib/json.ts";
import type { ChatMessage, ChatRequest, JsonObject } from "./request.ts";

/** Headers, the most particular first: clients' own, Claude Code's, Codex'. */
const HEADERS = ["x-session-id", "x-clawrouter-session-id", "x-claude-code-session-id", "session_id"];
/** No client's name is longer; what is counts as none. */
const MAX_NAME_CHARS = 1024;
/** Of the texts that a conversation begins with. */
const MAX_TEXT_CHARS = 8192;

/** The name that a header gives. */
export function sessionOfHeaders(headers: Headers): string | undefined {
  return firstName(HEADERS.map((name) => headers.get(name)));
}

/** The name that a request's body gives. */
export function sessionOfBody(body: JsonObject): Pick<ChatRequest, "session"> {
  const { session_id, prompt_cache_key, metadata } = body;
  const session = firstName([session_id, prompt_cache_key, asObject(metadata)?.user_id]);
  return session === undefined ? {} : { session };
}

/** For a conversation that nobody named: what it begins with, its system text and the user's first. */
export function beginningOf({ messages }: ChatRequest): string {
  const first = (role: ChatMessage["role"]) => textOf(messages.find((message) => message.role === role));
  return JSON.stringify([first("system"), first("user")]);
}

function textOf(message: ChatMessage | undefined): string {
  let text = "";
  for (const part of message?.content ?? []) {
    if (text.length >= MAX_TEXT_CHARS) break;
    if (part.type === "text") text += part.text.slice(0, MAX_TEXT_CHARS);
  }
  return text.slice(0, MAX_TEXT_CHARS);
}

function firstName(names: readonly unknown[]): string | undefined {
  return names.find(
    (name): name is string => typeof name === "string" && name !== "" && name.length <= MAX_NAME_CHARS,
  );
}
