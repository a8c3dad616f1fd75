/** A turn as a chat completion request. */
import type { Exchange } from "../../chat/dialect.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { openaiChat } from "../../dialects/index.ts";
import { leastContext } from "../../routing/context-window.ts";
import type { DispatchContext } from "../../routing/dispatch.ts";
import { messagesOf, newestWithin, type PastTurn, tokensOf } from "./history.ts";
import type { SessionTurn, TurnRequest } from "./protocol.ts";

/** Kept free for an answer whose length nobody named. */
const ANSWER_TOKENS = 4096;
/** Kept back for what the estimate does not see; see max-tokens. */
const RESERVE_TOKENS = 100;
const CHARS_PER_TOKEN = 4;
/** Of messages of a socket. */
const NO_HEADERS = new Headers();

type Config = DispatchContext["config"];

/** What the session knows of the conversation. */
export interface Conversation {
  /** The answered turns, the newest first; read as far as they fit. */
  past(): Iterable<PastTurn>;
  system(): string | undefined;
}

/** What a turn asks for, without what was said before. */
export type Asked = Pick<ChatRequest, "model" | "maxTokens">;

/**
 * Checks a turn by itself, before it waits.
 * @throws RouterError `invalid_value` naming the field that is wrong.
 */
export function checkedTurn(turn: TurnRequest): Asked {
  const { model, maxTokens } = turnRequest(turn, { past: [], system: undefined }).request;
  return { model, ...(maxTokens !== undefined && { maxTokens }) };
}

/** A turn after a part of what was said before. */
export function turnRequest(
  turn: TurnRequest,
  { past, system }: { readonly past: readonly PastTurn[]; readonly system: string | undefined },
): Exchange {
  const messages =
    turn.kind === "stateless" ? turn.messages : messagesOf({ system, past, input: turn.input });
  return openaiChat.parse({ ...turn.body, messages }, NO_HEADERS);
}

/** The system message that holds for a turn; an empty text takes it away. */
export function systemFor(turn: SessionTurn, conversation: Conversation): string | undefined {
  const system = turn.system ?? conversation.system();
  return system === "" ? undefined : system;
}

/** The newest past turns that fit beside what is new, the tools and the answer. */
export function pastFor(
  { body, input }: SessionTurn,
  asked: Asked,
  {
    conversation,
    system,
    config,
  }: { conversation: Conversation; system: string | undefined; config: Config },
): PastTurn[] {
  const context = leastContext(asked.model, config);
  if (context === undefined) return newestWithin(conversation.past(), input, Number.POSITIVE_INFINITY);
  const messages: JsonObject[] = [...input, { role: "system", content: system ?? "" }];
  const tools = JSON.stringify([body.tools, body.functions]).length / CHARS_PER_TOKEN;
  const answer = Math.min(asked.maxTokens ?? ANSWER_TOKENS, context / 2);
  const room = context - tokensOf(messages) - tools - answer - RESERVE_TOKENS;
  return newestWithin(conversation.past(), input, room);
}
