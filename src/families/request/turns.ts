/**
 * Conversations as turns that alternate, begin with the user and end with what the model is to answer: what formats want
 * that hold tool calls and their results as parts of turns. What a part, a call and a result look like is the format's.
 */
import type {
  AssistantMessage,
  ChatMessage,
  ContentPart,
  JsonObject,
  ReasoningBlock,
} from "../../chat/request.ts";
import { type BookedCall, callBook } from "./call-book.ts";
import { emptyConversation, type Place } from "./refusals.ts";
import { joinTexts } from "./settings.ts";

/** Stands for the user where a conversation opens with the assistant, which no format takes. */
export const OPENING = "(The conversation starts with the assistant's message.)";
/** Stands for the user where a model does not continue an assistant's message; OpenAI's models answer after one. */
export const CONTINUE = "Continue.";

export interface Turn {
  readonly role: "user" | "assistant";
  /** Text and media; for the assistant what precedes its calls. */
  readonly blocks: JsonObject[];
  readonly calls: BookedCall[];
}

/** How a format writes what is said in a turn. */
export interface TurnFormat {
  /** Appends the blocks of some parts to a list. Throws a RouterError for a part that cannot be sent. */
  append(blocks: JsonObject[], parts: readonly ContentPart[], place: Place): void;
  /** A block of text. */
  text(text: string): JsonObject;
  /** Reasoning of an earlier step, which goes back at the head of its turn; undefined for what the model does not take. */
  reasoning?(block: ReasoningBlock): JsonObject | undefined;
  /** Whether a block is such reasoning. */
  isReasoning?(block: JsonObject): boolean;
  /** Whether the model continues a final assistant turn, and in which form; Claude refuses white space at its end. */
  readonly prefill: false | "trimmed" | "as it stands";
  /** Whether nothing of the assistant's joins a turn that has calls. */
  readonly callsEndTurn?: boolean;
}

/** How it writes calls and their results as blocks, too. */
export interface ConversationFormat extends TurnFormat {
  call(call: BookedCall): JsonObject;
  /** The result, and what belongs right behind it. */
  results(call: BookedCall): readonly JsonObject[];
}

export interface BlockMessage {
  readonly role: Turn["role"];
  readonly content: JsonObject[];
}

export interface Conversation {
  readonly system: JsonObject[];
  readonly messages: readonly BlockMessage[];
  /** Names of the tools called anywhere in it, as the client wrote them. */
  readonly calledTools: ReadonlySet<string>;
  /** Whether it ends with tool results, so that the model is in the middle of its turn. */
  readonly inToolLoop: boolean;
  /** Whether every step of that turn has the reasoning that led to its calls. */
  readonly keepsReasoning: boolean;
  /** Whether it ends with an assistant turn that the model is to continue. */
  readonly prefilled: boolean;
}

/**
 * A conversation in which calls stand behind the assistant's text, and their results before the user's.
 * @throws RouterError with `param` for content that cannot be sent, unknown tool call ids and empty conversations.
 */
export function buildConversation(
  messages: readonly ChatMessage[],
  format: ConversationFormat,
): Conversation {
  const { system, turns } = readTurns(messages, format);
  const prefilled = completeTurns(turns, messages, format);
  const asking = turns.at(-1)?.role === "assistant" ? turns.at(-1) : turns.at(-2);
  const start = turns.slice(0, -1).findLastIndex(({ role, blocks }) => role === "user" && blocks.length > 0);
  const steps = turns.slice(start + 1).filter(({ role }) => role === "assistant");
  return {
    system,
    messages: assemble(turns, format),
    calledTools: new Set(turns.flatMap(({ calls }) => calls.map(({ name }) => name))),
    inToolLoop: asking !== undefined && asking.calls.length > 0,
    keepsReasoning: steps.every(({ blocks: [first] }) => first && format.isReasoning?.(first)),
    prefilled,
  };
}

/**
 * System texts apart from the turns of user and assistant, of which there is one at least.
 * @throws RouterError as {@link buildConversation}.
 */
export function readTurns(
  messages: readonly ChatMessage[],
  format: TurnFormat,
): { readonly system: JsonObject[]; readonly turns: Turn[] } {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  const book = callBook();
  const turnOf = (role: Turn["role"]): Turn => {
    const last = turns.at(-1);
    if (last?.role === role && !(format.callsEndTurn && last.calls.length > 0)) return last;
    const turn: Turn = { role, blocks: [], calls: [] };
    turns.push(turn);
    return turn;
  };
  const addAssistant = (message: AssistantMessage): void => {
    const { content, toolCalls, reasoning = [] } = message;
    const thoughts = reasoning
      .map((block) => format.reasoning?.(block))
      .filter((block) => block !== undefined);
    const blocks: JsonObject[] = [];
    format.append(blocks, content, "assistant");
    if (thoughts.length + blocks.length + toolCalls.length === 0) return;
    const turn = turnOf("assistant");
    turn.blocks.push(...thoughts, ...blocks);
    for (const call of toolCalls) turn.calls.push(book.add(call, turns.length));
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") format.append(system, message.content, "system");
    else if (message.role === "assistant") addAssistant(message);
    else if (message.role === "tool") {
      const call = book.answer(message, `messages[${index}]`);
      // The result goes behind its call's turn; what the assistant says next is a turn of its own.
      if (!format.callsEndTurn && turns.at(-1)?.role === "assistant" && call.turn === turns.length)
        turnOf("user");
    } else {
      const blocks: JsonObject[] = [];
      format.append(blocks, message.content, "user");
      if (blocks.length > 0) turnOf("user").blocks.push(...blocks);
    }
  }
  if (turns.length === 0) {
    if (system.length === 0) throw emptyConversation();
    // A system prompt alone is an order: it is carried out.
    turns.push({ role: "user", blocks: [format.text(CONTINUE)], calls: [] });
  }
  return { system, turns };
}

/**
 * Puts the user first, and last unless the model is to continue what the assistant said.
 * @returns whether it is.
 */
export function completeTurns(
  turns: Turn[],
  messages: readonly ChatMessage[],
  { text, prefill }: TurnFormat,
): boolean {
  const user = (words: string): Turn => ({ role: "user", blocks: [text(words)], calls: [] });
  if (turns[0]?.role === "assistant") turns.unshift(user(OPENING));
  const last = turns.at(-1);
  if (last?.role !== "assistant" || last.calls.length > 0) return false;
  // After a blank message of the user, the assistant's turn is not one to be continued.
  const wanted = messages.findLast(({ role }) => role !== "system")?.role === "assistant";
  const prefilled = wanted && prefill !== false;
  if (!prefilled) turns.push(user(CONTINUE));
  else if (prefill === "trimmed") trimEnd(last.blocks);
  return prefilled;
}

function trimEnd(blocks: readonly JsonObject[]): void {
  const last = blocks.findLast((block) => "text" in block);
  if (typeof last?.text === "string") last.text = last.text.trimEnd();
}

function assemble(turns: readonly Turn[], format: ConversationFormat): BlockMessage[] {
  const messages: BlockMessage[] = [];
  let open: readonly BookedCall[] = [];
  const results = () => open.flatMap((call) => format.results(call));
  for (const { role, blocks, calls } of turns) {
    messages.push({ role, content: [...results(), ...blocks, ...calls.map((call) => format.call(call))] });
    open = calls;
  }
  if (open.length > 0) messages.push({ role: "user", content: results() });
  return messages;
}

/** The texts among blocks, as one. */
export function textOf(blocks: readonly JsonObject[]): string {
  return joinTexts(...blocks.flatMap(({ text }) => (typeof text === "string" ? [text] : [])));
}

/** The messages without the reasoning of earlier steps. One that held nothing else goes, and its neighbours become one. */
export function withoutReasoning(
  messages: readonly BlockMessage[],
  isReasoning: (block: JsonObject) => boolean,
): BlockMessage[] {
  const kept: BlockMessage[] = [];
  for (const { role, content } of messages) {
    const rest = content.filter((block) => !isReasoning(block));
    const last = kept.at(-1);
    if (last?.role === role) last.content.push(...rest);
    else if (rest.length > 0) kept.push({ role, content: rest });
  }
  return kept;
}
