/**
 * A conversation as Nova wants it: system text apart, turns that alternate and begin with the user, and every tool call
 * answered at the head of the next turn.
 * https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
 */
import { RouterError } from "../../errors.ts";
import type { AssistantMessage, ChatMessage, JsonObject } from "../../openai/types.ts";
import { type BookedCall, callBook } from "../call-book.ts";
import { appendParts, resultBlock } from "./content.ts";
import { novaToolName } from "./tools.ts";

/** Stands for the user where a conversation opens with the assistant, which Nova refuses. */
const OPENING = "(The conversation starts with the assistant's message.)";
/** Stands for the user who ended with a blank message: the assistant's last turn is not one to be continued. */
const CONTINUE = "Continue.";

export interface Conversation {
  readonly system: JsonObject[];
  readonly messages: { role: "user" | "assistant"; content: JsonObject[] }[];
  /** Names of the tools called anywhere in it, as the client wrote them. */
  readonly calledTools: ReadonlySet<string>;
}

interface Turn {
  readonly role: "user" | "assistant";
  /** Text and images; for the assistant what precedes its calls. */
  readonly blocks: JsonObject[];
  readonly calls: BookedCall[];
}

/**
 * @param images Whether the model sees images.
 * @throws RouterError with `param` for content that cannot be sent, unknown tool call ids and empty conversations.
 */
export function buildConversation(messages: readonly ChatMessage[], images: boolean): Conversation {
  const { system, turns } = readTurns(messages, images);
  if (turns.length === 0) throw emptyConversation();
  if (turns[0]?.role === "assistant") turns.unshift(userTurn(OPENING));
  const last = turns.at(-1);
  const open = last?.role === "assistant" && last.calls.length === 0;
  const prefill = messages.findLast((message) => message.role !== "system")?.role === "assistant";
  if (open && !prefill) turns.push(userTurn(CONTINUE));
  const calls = turns.flatMap((turn) => turn.calls);
  return {
    system,
    messages: assemble(turns, images),
    calledTools: new Set(calls.map((call) => call.name)),
  };
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
    if (blocks.length === 0 && message.toolCalls.length === 0) return;
    const turn = turnOf("assistant");
    turn.blocks.push(...blocks);
    for (const call of message.toolCalls) turn.calls.push(book.add(call, turns.length));
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") appendParts(system, message.content, "system", images);
    else if (message.role === "assistant") addAssistant(message);
    else if (message.role === "tool") {
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
  let open: readonly BookedCall[] = [];
  for (const { role, blocks, calls } of turns) {
    const results = open.map((call) => resultBlock(call, images));
    messages.push({ role, content: [...results, ...blocks, ...calls.map(callBlock)] });
    open = calls;
  }
  if (open.length > 0) {
    messages.push({ role: "user", content: open.map((call) => resultBlock(call, images)) });
  }
  return messages;
}

function callBlock({ id, name, input }: BookedCall): JsonObject {
  return { toolUse: { toolUseId: id, name: novaToolName(name), input } };
}

function userTurn(text: string): Turn {
  return { role: "user", blocks: [{ text }], calls: [] };
}

function emptyConversation(): RouterError {
  const text =
    "Invalid 'messages': Nova needs at least one user message with content besides system messages.";
  return new RouterError("invalid_value", text, { param: "messages" });
}
