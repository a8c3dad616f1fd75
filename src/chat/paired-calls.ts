/**
 * A conversation in which the results of a turn's calls stand right behind it, each call with one, under ids of a bounded length: OpenAI's
 * APIs, and what copies them, refuse any other. Clients that were interrupted, or that put a word in between, write it otherwise, and
 * other makers' ids are longer.
 */
import { cutAt, fnv1a } from "../lib/text.ts";
import { callsById } from "./calls-by-id.ts";
import type { ChatMessage, ContentPart, ToolMessage } from "./request.ts";

/** What the model reads where the client sent no result, as when an agent was interrupted. */
export const NO_RESULT = "No result was provided for this tool call.";

/** OpenAI refuses longer ones: 64 in Responses, in chat completions of some models and hosts 40. Its own have 29. */
const MAX_ID_CHARS = 40;
/** Of a longer one, in front of its hash, which takes 7 at most. */
const READABLE_CHARS = 32;

interface Answered {
  readonly id: string;
  /** Of several results the first, with what the others hold. */
  result: ToolMessage | undefined;
  readonly content: ContentPart[];
}

/** @returns the very list where it is one. A result whose call nobody made goes. */
export function pairedCalls(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return withShortIds(isPaired(messages) ? messages : paired(messages));
}

function paired(messages: readonly ChatMessage[]): ChatMessage[] {
  /** Messages of the assistant in a row are one turn. */
  const turns: { readonly messages: ChatMessage[]; readonly calls: Answered[] }[] = [];
  const book = callsById<Answered>();
  let before: ChatMessage["role"] | undefined;
  for (const message of messages) {
    if (message.role === "tool") {
      const call = book.answered(message.toolCallId);
      if (call === undefined) continue;
      before = message.role;
      call.result ??= message;
      call.content.push(...message.content);
      continue;
    }
    const goesOn = message.role === "assistant" && before === "assistant" ? turns.at(-1) : undefined;
    const turn = goesOn ?? { messages: [], calls: [] };
    if (goesOn === undefined) turns.push(turn);
    before = message.role;
    turn.messages.push(message);
    for (const { id } of message.role === "assistant" ? message.toolCalls : []) {
      const call: Answered = { id, result: undefined, content: [] };
      book.add(id, turns.length, call);
      turn.calls.push(call);
    }
  }
  return turns.flatMap((turn) => [...turn.messages, ...turn.calls.map(resultOf)]);
}

function resultOf({ id, result, content }: Answered): ToolMessage {
  if (result !== undefined) return { ...result, content };
  const missing = { type: "text", text: NO_RESULT, param: "messages" } as const;
  return { role: "tool", toolCallId: id, content: [missing], isError: true };
}

function isPaired(messages: readonly ChatMessage[]): boolean {
  const open = new Map<string, number>();
  let before: ChatMessage["role"] | undefined;
  for (const message of messages) {
    if (message.role === "tool") {
      const left = open.get(message.toolCallId);
      if (left === undefined) return false;
      if (left > 1) open.set(message.toolCallId, left - 1);
      else open.delete(message.toolCallId);
    } else if (open.size > 0 && !(message.role === "assistant" && before === "assistant")) {
      return false;
    } else if (message.role === "assistant") {
      for (const { id } of message.toolCalls) open.set(id, (open.get(id) ?? 0) + 1);
    }
    before = message.role;
  }
  return open.size === 0;
}

function withShortIds(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const isLong = ({ id }: { readonly id: string }) => id.length > MAX_ID_CHARS;
  if (!messages.some((message) => message.role === "assistant" && message.toolCalls.some(isLong)))
    return messages;
  return messages.map((message) => {
    if (message.role === "tool") return { ...message, toolCallId: shortId(message.toolCallId) };
    if (message.role !== "assistant") return message;
    return { ...message, toolCalls: message.toolCalls.map((call) => ({ ...call, id: shortId(call.id) })) };
  });
}

/** The same whatever else the conversation holds, so that a prompt cache finds its beginning again. */
function shortId(id: string): string {
  return id.length > MAX_ID_CHARS
    ? `${id.slice(0, cutAt(id, READABLE_CHARS))}_${fnv1a(id).toString(36)}`
    : id;
}
