/**
 * A conversation as Converse wants it: system text apart, messages that alternate and begin with the user, and every tool
 * call answered at the head of the next one.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
import { RouterError } from "../../errors.ts";
import type { AssistantMessage, ChatMessage, JsonObject } from "../../openai/types.ts";
import { type BookedCall, callBook } from "../call-book.ts";
import { appendParts, type ContentRules, resultBlocks } from "./content.ts";
import type { ConverseModel } from "./models.ts";
import { toolName } from "./tool-names.ts";

/** Stands for the user where a conversation opens with the assistant, which Converse refuses. */
const OPENING = "(The conversation starts with the assistant's message.)";
/** Stands for the user where a model does not continue an assistant's message; OpenAI's models answer after one. */
const CONTINUE = "Continue.";
/** Stands for the assistant between tool results and the user's text, for models that take no two of these together. */
const RECEIVED = "(Tool results received.)";
/** A message with a document needs text too. */
const ATTACHED = "(See the attached file.)";

export interface ConverseMessage {
  readonly role: "user" | "assistant";
  readonly content: JsonObject[];
}

export interface Conversation {
  readonly system: JsonObject[];
  readonly messages: ConverseMessage[];
  /** Names of the tools called anywhere in it, as the client wrote them. */
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
  readonly calls: BookedCall[];
}

/** @throws RouterError with `param` for content that cannot be sent, unknown tool call ids and empty conversations. */
export function buildConversation(messages: readonly ChatMessage[], rules: ContentRules): Conversation {
  const { system, turns } = readTurns(messages, rules);
  if (turns.length === 0) throw emptyConversation();
  if (turns[0]?.role === "assistant") turns.unshift(userTurn(OPENING));
  const last = turns.at(-1);
  const wanted = messages.findLast((message) => message.role !== "system")?.role === "assistant";
  const open = last?.role === "assistant" && last.calls.length === 0;
  const prefilled = open && wanted && rules.model.prefill;
  if (prefilled) trimEnd(last.blocks);
  else if (open) turns.push(userTurn(CONTINUE));
  const calls = turns.flatMap((turn) => turn.calls);
  return {
    system,
    messages: assemble(turns, rules),
    calledTools: new Set(calls.map((call) => call.name)),
    inToolLoop: turns.at(-1)?.role === "assistant" ? !open : (turns.at(-2)?.calls.length ?? 0) > 0,
    keepsReasoning: keepsReasoning(turns),
    prefilled,
  };
}

/** Looks back to where the user spoke last, except beside the newest results. */
function keepsReasoning(turns: readonly Turn[]): boolean {
  const start = turns.slice(0, -1).findLastIndex(({ role, blocks }) => role === "user" && blocks.length > 0);
  const steps = turns.slice(start + 1).filter(({ role }) => role === "assistant");
  return steps.every(({ blocks }) => blocks[0] !== undefined && "reasoningContent" in blocks[0]);
}

/** What an earlier answer of Converse gave; reasoning in another format is not this operation's. */
function reasoningBlocks({ reasoning = [] }: AssistantMessage): JsonObject[] {
  return reasoning.filter((block) => "reasoningContent" in block);
}

function readTurns(
  messages: readonly ChatMessage[],
  rules: ContentRules,
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
    appendParts(blocks, message.content, "assistant", rules);
    // Reasoning comes first in its turn, unchanged: models check its signature.
    blocks.unshift(...reasoningBlocks(message));
    if (blocks.length === 0 && message.toolCalls.length === 0) return;
    const turn = turnOf("assistant");
    turn.blocks.push(...blocks);
    for (const call of message.toolCalls) turn.calls.push(book.add(call, turns.length));
  };
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") appendParts(system, message.content, "system", rules);
    else if (message.role === "assistant") addAssistant(message);
    else if (message.role === "tool") {
      const call = book.answer(message, `messages[${index}]`);
      // The result goes behind its call's turn; what the assistant says next is a turn of its own.
      if (turns.at(-1)?.role === "assistant" && call.turn === turns.length) turnOf("user");
    } else {
      const blocks: JsonObject[] = [];
      appendParts(blocks, message.content, "user", rules);
      if (blocks.length > 0) turnOf("user").blocks.push(...blocks);
    }
  }
  return { system, turns };
}

/** Turns as messages: calls after the assistant's text, their results before the user's. */
function assemble(turns: readonly Turn[], rules: ContentRules): ConverseMessage[] {
  const messages: ConverseMessage[] = [];
  let open: readonly BookedCall[] = [];
  for (const { role, blocks, calls } of turns) {
    const results = open.flatMap((call) => resultBlocks(call, rules));
    const uses = calls.map((call) => callBlock(call, rules.model));
    if (results.length > 0 && blocks.length > 0 && !rules.model.textBesideResults) {
      messages.push({ role, content: results });
      messages.push({ role: "assistant", content: [{ text: RECEIVED }] });
      messages.push({ role, content: withText(blocks) });
    } else messages.push({ role, content: withText([...results, ...blocks, ...uses]) });
    open = calls;
  }
  if (open.length > 0) {
    messages.push({ role: "user", content: open.flatMap((call) => resultBlocks(call, rules)) });
  }
  return messages;
}

function withText(content: JsonObject[]): JsonObject[] {
  const lacking = content.some((block) => "document" in block) && !content.some((block) => "text" in block);
  return lacking ? [...content, { text: ATTACHED }] : content;
}

function callBlock({ id, name, input }: BookedCall, model: ConverseModel): JsonObject {
  return { toolUse: { toolUseId: id, name: toolName(name, model), input } };
}

/**
 * System text and the router's own instructions, where the model takes them: in `system`, else before what the user says
 * first.
 */
export function placeSystem(
  { system, messages }: Conversation,
  instructions: readonly string[],
  model: ConverseModel,
): { readonly system: JsonObject[]; readonly messages: ConverseMessage[] } {
  const blocks = [...system, ...instructions.map((text) => ({ text }))];
  if (model.system || blocks.length === 0) return { system: blocks, messages };
  const [first, ...rest] = messages;
  if (first === undefined) return { system: blocks, messages };
  return { system: [], messages: [{ role: first.role, content: [...blocks, ...first.content] }, ...rest] };
}

function userTurn(text: string): Turn {
  return { role: "user", blocks: [{ text }], calls: [] };
}

/** Claude refuses a final assistant turn that ends in white space. */
function trimEnd(blocks: readonly JsonObject[]): void {
  const last = blocks.findLast((block) => "text" in block);
  if (typeof last?.text === "string") last.text = last.text.trimEnd();
}

function emptyConversation(): RouterError {
  const text =
    "Invalid 'messages': at least one user message with content is needed besides system messages.";
  return new RouterError("invalid_value", text, { param: "messages" });
}
