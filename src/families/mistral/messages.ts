/**
 * A conversation as Mistral's chat completion wants it: one system message, turns that alternate, every tool call
 * answered right behind its turn, and an assistant's turn between tool results and the user.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
 */
import { RouterError } from "../../errors.ts";
import type { ChatMessage, ContentPart, JsonObject } from "../../openai/types.ts";
import { type BookedCall, callBook, NO_RESULT } from "../call-book.ts";
import { inlineData, sniffMediaType } from "../media.ts";
import { joinTexts } from "../prompt-settings.ts";
import { emptyConversation, notText, plainText } from "../text-messages.ts";
import { mistralCallIds } from "./call-ids.ts";

/** Stands for the user where a conversation opens with the assistant. */
const OPENING = "(The conversation starts with the assistant's message.)";
/** Stands for the user where the assistant spoke last: Bedrock documents no way to have its turn continued. */
const CONTINUE = "Continue.";
/** Stands for the assistant where the user speaks right after tool results, which Mistral refuses. */
const NOTED = "I have read the tool results.";

const IMAGE_TYPES: ReadonlySet<string | undefined> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
]);
const NOT_IN_A_NAME = /[^a-zA-Z0-9_-]/g;
const MAX_NAME = 64;

interface UserTurn {
  readonly role: "user";
  /** Content parts; texts of different messages are joined later. */
  readonly parts: JsonObject[];
}
interface AssistantTurn {
  readonly role: "assistant";
  text: string;
  readonly calls: BookedCall[];
}
type Turn = UserTurn | AssistantTurn;

/**
 * @param images Whether the model sees images.
 * @param instruction A sentence to add to the system prompt; may be empty.
 * @throws RouterError with `param` for content that cannot be sent, unknown tool call ids and empty conversations.
 */
export function mistralMessages(
  messages: readonly ChatMessage[],
  images: boolean,
  instruction: string,
): JsonObject[] {
  const { system, turns } = readTurns(messages, images);
  if (turns.length === 0) throw emptyConversation();
  if (turns[0]?.role === "assistant") turns.unshift(userTurn(OPENING));
  const last = turns.at(-1);
  if (last?.role === "assistant" && last.calls.length === 0) turns.push(userTurn(CONTINUE));
  const lead = joinTexts(...system, instruction);
  return [...(lead === "" ? [] : [{ role: "system", content: lead }]), ...assemble(turns)];
}

function readTurns(messages: readonly ChatMessage[], images: boolean): { system: string[]; turns: Turn[] } {
  const system: string[] = [];
  const turns: Turn[] = [];
  const book = callBook();
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      book.answer(message, `messages[${index}]`);
      continue;
    }
    if (message.role === "user") {
      addUser(turns, message.content, images);
      continue;
    }
    const text = visible(plainText(message.content));
    if (message.role === "system") system.push(text);
    else
      addAssistant(turns, text, message.toolCalls.length > 0).push(
        ...message.toolCalls.map((call) => book.add(call, turns.length)),
      );
  }
  return { system, turns };
}

function addUser(turns: Turn[], content: readonly ContentPart[], images: boolean): void {
  const parts = userParts(content, images);
  const last = turns.at(-1);
  if (parts.length === 0) return;
  if (last?.role === "user") last.parts.push(...parts);
  else turns.push({ role: "user", parts });
}

/** @returns the calls of the turn that the message became part of; a turn with calls is never written on. */
function addAssistant(turns: Turn[], text: string, hasCalls: boolean): BookedCall[] {
  const last = turns.at(-1);
  if (last?.role === "assistant" && last.calls.length === 0) {
    last.text = joinTexts(last.text, text);
    return last.calls;
  }
  const turn: AssistantTurn = { role: "assistant", text, calls: [] };
  if (text !== "" || hasCalls) turns.push(turn);
  return turn.calls;
}

/** The text of a message is one part, images stand where the client put them. */
function userParts(content: readonly ContentPart[], images: boolean): JsonObject[] {
  const parts: JsonObject[] = [];
  let texts: ContentPart[] = [];
  const flush = (): void => {
    const text = visible(plainText(texts));
    if (text !== "") parts.push({ type: "text", text });
    texts = [];
  };
  for (const part of content) {
    if (part.type !== "image_url") {
      texts.push(part);
      continue;
    }
    if (!images) throw notText(part);
    flush();
    parts.push(imagePart(part));
  }
  flush();
  return parts;
}

function imagePart({ url, param }: Extract<ContentPart, { type: "image_url" }>): JsonObject {
  const { base64 } = inlineData(url, param);
  const mediaType = sniffMediaType(base64);
  if (!IMAGE_TYPES.has(mediaType)) {
    const text = "The data of this image is not PNG, JPEG, GIF or WebP, the formats that Mistral reads.";
    throw new RouterError("unsupported_content", text, { param });
  }
  return { type: "image_url", image_url: { url: `data:${mediaType};base64,${base64}` } };
}

function assemble(turns: readonly Turn[]): JsonObject[] {
  const callId = mistralCallIds();
  const messages: JsonObject[] = [];
  for (const turn of turns) {
    if (turn.role === "user") {
      if (messages.at(-1)?.role === "tool") messages.push({ role: "assistant", content: NOTED });
      messages.push({ role: "user", content: userContent(turn.parts) });
      continue;
    }
    const calls = turn.calls.map((call) => toolCall(call, callId(call.id)));
    messages.push({
      role: "assistant",
      content: turn.text,
      ...(calls.length > 0 && { tool_calls: calls }),
    });
    for (const { id, result } of turn.calls) {
      const content = result === undefined ? NO_RESULT : plainText(result);
      messages.push({ role: "tool", tool_call_id: callId(id), content });
    }
  }
  return messages;
}

function userContent(parts: readonly JsonObject[]): string | JsonObject[] {
  const texts = parts.flatMap(({ text }) => (typeof text === "string" ? [text] : []));
  return texts.length === parts.length ? joinTexts(...texts) : [...parts];
}

function toolCall({ name, input }: BookedCall, id: string): JsonObject {
  const safeName = name.replace(NOT_IN_A_NAME, "_").slice(0, MAX_NAME) || "_";
  return { id, type: "function", function: { name: safeName, arguments: JSON.stringify(input) } };
}

function userTurn(text: string): UserTurn {
  return { role: "user", parts: [{ type: "text", text }] };
}

/** Nothing where there is only white space. */
function visible(text: string): string {
  return /\S/.test(text) ? text : "";
}
