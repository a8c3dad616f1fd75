/**
 * A conversation as Claude wants it: system text apart, turns that alternate and begin with the user, and every tool
 * call answered at the head of the next turn.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
import { RouterError } from "../../errors.ts";
import type { AssistantMessage, ChatMessage, JsonObject } from "../../openai/types.ts";
import { appendParts } from "./content.ts";
import { callBook, type OpenCall, resultBlock } from "./tool-calls.ts";

/** Stands for the user where a conversation opens with the assistant, which Claude refuses. */
const OPENING = "(The conversation starts with the assistant's message.)";
/** Stands for the user where a model does not continue an assistant's message; OpenAI's models answer after one. */
const CONTINUE = "Continue.";

export interface Conversation {
  readonly system: JsonObject[];
  readonly messages: { role: "user" | "assistant"; content: JsonObject[] }[];
  /** Names of the tools called anywhere in it. */
  readonly calledTools: ReadonlySet<string>;
  /** Whether it ends with tool results, so that the model is in the middle of its turn. */
  readonly inToolLoop: boolean;
  /** Whether every step of that turn has the reasoning that led to its calls. */
  readonly keepsReasoning: boolean;
  /** Whether it ends with an assistant turn that the model is to continue. */
  readonly prefilled: boolean;
}

interface Turn {
  readonly role: "user" | "assistant";
  /** Text and media; for the assistant what precedes its calls. */
  readonly blocks: JsonObject[];
  readonly calls: OpenCall[];
}

/**
 * @param model What it reads: images or text only, and whether it continues an assistant turn.
 * @throws RouterError with `param` for content that cannot be sent, unknown tool call ids and empty conversations.
 */
export function buildConversation(
  messages: readonly ChatMessage[],
  model: { readonly images: boolean; readonly prefill: boolean },
): Conversation {
  const { system, turns } = readTurns(messages, model.images);
  if (turns.length === 0) throw emptyConversation(messages);
  if (turns[0]?.role === "assistant") turns.unshift(userTurn(OPENING));
  const last = turns.at(-1);
  const wanted = messages.findLast((message) => message.role !== "system")?.role === "assistant";
  const open = last?.role === "assistant" && last.calls.length === 0;
  const prefilled = open && wanted && model.prefill;
  if (prefilled) trimEnd(last.blocks);
  else if (open) turns.push(userTurn(CONTINUE));
  const calls = turns.flatMap((turn) => turn.calls);
  return {
    system,
    messages: assemble(turns, model.images),
    calledTools: new Set(calls.map((call) => call.name)),
    inToolLoop: turns.at(-1)?.role === "assistant" ? !open : (turns.at(-2)?.calls.length ?? 0) > 0,
    keepsReasoning: keepsReasoning(messages),
    prefilled,
  };
}

/** Looks back to where the user spoke last, except beside the newest results. */
function keepsReasoning(messages: readonly ChatMessage[]): boolean {
  const end = messages.findLastIndex(({ role }) => role === "assistant");
  const start = messages.findLastIndex(({ role }, index) => role === "user" && index < end);
  return messages
    .slice(start + 1)
    .every((message) => message.role !== "assistant" || (message.reasoning?.length ?? 0) > 0);
}

function readTurns(
  messages: readonly ChatMessage[],
  images: boolean,
): { system: JsonObject[]; turns: Turn[] } {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  const book = callBook();
  const turnOf = (role: Turn["role"]): Turn => {
    const last = turns.at(-1);
    if (last?.role === role) return last;
    const turn: Turn = { role, blocks: [], calls: [] };
    turns.push(turn);
    return turn;
  };
  const addAssistant = (message: AssistantMessage): void => {
    const blocks: JsonObject[] = [];
    appendParts(blocks, message.content, "assistant", images);
    // Thinking comes first in its turn, unchanged: Claude checks its signature.
    blocks.unshift(...(message.reasoning ?? []));
    if (blocks.length === 0 && message.toolCalls.length === 0) return;
    const turn = turnOf("assistant");
    turn.blocks.push(...blocks);
    for (const call of message.toolCalls) turn.calls.push(book.add(call, turns.length));
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") {
      appendParts(system, message.content, "system", images);
    } else if (message.role === "assistant") {
      addAssistant(message);
    } else if (message.role === "tool") {
      const call = book.answer(message, `messages[${index}]`);
      // The result goes behind its call's turn; what the assistant says next is a turn of its own.
      if (turns.at(-1)?.role === "assistant" && call.turn === turns.length) turnOf("user");
    } else {
      const blocks: JsonObject[] = [];
      appendParts(blocks, message.content, "user", images);
      if (blocks.length > 0) turnOf("user").blocks.push(...blocks);
    }
  }
  return { system, turns };
}

/** Turns as messages: calls after the assistant's text, their results before the user's. */
function assemble(turns: readonly Turn[], images: boolean): Conversation["messages"] {
  const messages: Conversation["messages"] = [];
  let open: readonly OpenCall[] = [];
  for (const { role, blocks, calls } of turns) {
    const results = open.map((call) => resultBlock(call, images));
    messages.push({ role, content: [...results, ...blocks, ...calls.map((call) => call.block)] });
    open = calls;
  }
  if (open.length > 0)
    messages.push({ role: "user", content: open.map((call) => resultBlock(call, images)) });
  return messages;
}

function userTurn(text: string): Turn {
  return { role: "user", blocks: [{ type: "text", text }], calls: [] };
}

/** Claude refuses a final assistant turn that ends in white space. */
function trimEnd(blocks: readonly JsonObject[]): void {
  const last = blocks.at(-1);
  if (typeof last?.text === "string") last.text = last.text.trimEnd();
}

function emptyConversation(messages: readonly ChatMessage[]): RouterError {
  const text = messages.every((message) => message.role === "system")
    ? "Claude needs at least one user message besides the system messages."
    : "None of the messages has content that a model could answer.";
  return new RouterError("invalid_value", `Invalid 'messages': ${text}`, { param: "messages" });
}
