/**
 * A conversation as Mistral's chat completion wants it: one system message, turns that alternate, every tool call
 * answered right behind its turn, and an assistant's turn between tool results and the user.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
 */
import type { ChatMessage, ContentPart, JsonObject } from "../../chat/request.ts";
import { chatCall, chatImage, shownImages, toolResult } from "../openai-chat/messages.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { NO_RESULT } from "../../chat/paired-calls.ts";
import { joinTexts } from "../request/settings.ts";
import { visibleText } from "../request/text-conversation.ts";
import { completeTurns, readTurns, type Turn, type TurnFormat, textOf } from "../request/turns.ts";
import type { ToolBook } from "../request/tool-book.ts";
import { mistralCallIds } from "./call-ids.ts";

/** Stands for the assistant where the user speaks right after tool results, which Mistral refuses. */
const NOTED = "I have read the tool results.";

/**
 * @param images Whether the model sees images.
 * @param instruction A sentence to add to the system prompt; may be empty.
 * @throws RouterError with `param` for content that cannot be sent, unknown tool call ids and empty conversations.
 */
export function mistralMessages(
  messages: readonly ChatMessage[],
  images: boolean,
  instruction: string,
  book: ToolBook,
): JsonObject[] {
  const format: TurnFormat = {
    append: (blocks, parts, place) => appendParts(blocks, parts, images && place === "user"),
    text: textPart,
    // Bedrock documents no way to have an assistant's turn continued.
    prefill: false,
    callsEndTurn: true,
  };
  const { system, turns } = readTurns(messages, format);
  completeTurns(turns, messages, format);
  const lead = joinTexts(textOf(system), instruction);
  return [...(lead === "" ? [] : [{ role: "system", content: lead }]), ...assemble(turns, images, book)];
}

/** The text of a message is one part, images stand where the client put them. */
function appendParts(blocks: JsonObject[], parts: readonly ContentPart[], images: boolean): void {
  let texts: ContentPart[] = [];
  const flush = (): void => {
    const text = visibleText(texts);
    if (text !== "") blocks.push(textPart(text));
    texts = [];
  };
  for (const part of parts) {
    if (part.type !== "image_url" || !images) {
      texts.push(part);
      continue;
    }
    flush();
    blocks.push(chatImage(part));
  }
  flush();
}

function textPart(text: string): JsonObject {
  return { type: "text", text };
}

function assemble(turns: readonly Turn[], images: boolean, book: ToolBook): JsonObject[] {
  const callId = mistralCallIds();
  const messages: JsonObject[] = [];
  /** What tools gave to see: the user shows it, behind all results of a turn. */
  let seen: JsonObject[] = [];
  const userTurn = (blocks: readonly JsonObject[]): void => {
    if (messages.at(-1)?.role === "tool") messages.push({ role: "assistant", content: NOTED });
    const plain = blocks.every(({ type }) => type === "text");
    messages.push({ role: "user", content: plain ? textOf(blocks) : blocks });
    seen = [];
  };
  for (const { role, blocks, calls } of turns) {
    if (role === "user") {
      userTurn(seen.length > 0 ? [...shownImages(seen), ...blocks] : blocks);
      continue;
    }
    if (seen.length > 0) userTurn(shownImages(seen));
    const made = calls.map(({ id, name, input }) => {
      return chatCall(callId(id), book.name(name), jsonText(input));
    });
    messages.push({ role, content: textOf(blocks), ...(made.length > 0 && { tool_calls: made }) });
    for (const { id, result } of calls) {
      const told = result === undefined ? undefined : toolResult(result, images);
      messages.push({ role: "tool", tool_call_id: callId(id), content: told?.content ?? NO_RESULT });
      seen.push(...(told?.images ?? []));
    }
  }
  if (seen.length > 0) userTurn(shownImages(seen));
  return messages;
}
