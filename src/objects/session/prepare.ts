/** A turn as a chat completion request. */
import { parseChat } from "../../dialects/openai-chat/client/parse.ts";
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { leastContext } from "../../routing/context-window.ts";
import type { DispatchContext } from "../../routing/dispatch.ts";
import { boundedMessages, type PastTurn, tokensOf } from "./history.ts";
import type { SessionTurn, TurnRequest } from "./protocol.ts";

/** Kept free for an answer whose length nobody named. */
const ANSWER_TOKENS = 4096;
/** Kept back for what the estimate does not see; see max-tokens. */
const RESERVE_TOKENS = 100;
const CHARS_PER_TOKEN = 4;

type Config = DispatchContext["config"];

/** What the session knows of the conversation. */
export interface Conversation {
  readonly past: readonly PastTurn[];
  readonly system: string | undefined;
}

/** @throws RouterError `invalid_value` naming the field that is wrong. */
export function turnRequest(turn: TurnRequest, conversation: Conversation, config: Config): ChatRequest {
  if (turn.kind === "stateless") return parseChat({ ...turn.body, messages: turn.messages });
  const { past } = conversation;
  const system = turn.system ?? conversation.system;
  // An empty text takes the system message away.
  const said = system === "" ? undefined : system;
  const bounds = { system: said, past, input: turn.input };
  const room = past.length === 0 ? 0 : roomFor(turn, said, config);
  return parseChat({ ...turn.body, messages: boundedMessages({ ...bounds, room }) });
}

/** Tokens that past turns may take beside what is new, the tools and the answer. */
function roomFor({ body, input }: SessionTurn, system: string | undefined, config: Config): number {
  const messages: JsonObject[] = [...input, { role: "system", content: system ?? "" }];
  const alone = parseChat({ ...body, messages });
  const context = leastContext(alone.model, config);
  if (context === undefined) return Number.POSITIVE_INFINITY;
  const tools = JSON.stringify([body.tools, body.functions]).length / CHARS_PER_TOKEN;
  const answer = Math.min(alone.maxTokens ?? ANSWER_TOKENS, context / 2);
  return context - tokensOf(messages) - tools - answer - RESERVE_TOKENS;
}
