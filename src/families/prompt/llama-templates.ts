/**
 * Conversations in the prompt templates of the Llama generations.
 * https://www.llama.com/docs/model-cards-and-prompt-formats/
 */
import type { ChatMessage, ContentPart } from "../../chat/request.ts";
import type { LlamaModel } from "../models/facts.ts";
import { imageData } from "../request/media.ts";
import { emptyConversation, unsupportedPart } from "../request/refusals.ts";
import { joinTexts } from "../request/settings.ts";
import { CONTINUE } from "../request/turns.ts";
import {
  neutralise,
  refuseToolMessages,
  textConversation,
  visibleText,
} from "../request/text-conversation.ts";

/** How to get tools from a Llama. */
export const TOOL_ADVICE =
  'Set "api: converse" for this model (with it Bedrock offers tools for Llama 3.1 and newer), or use another model.';

/** Llama sees in an image only what comes behind it, so images go before their message's text. */
const IMAGE = "<|image|>";

/** The markers of a generation's turns. */
interface Markers {
  readonly open: string;
  readonly header: readonly [before: string, after: string];
  readonly end: string;
}

const MARKERS = {
  llama3: {
    open: "<|begin_of_text|>",
    header: ["<|start_header_id|>", "<|end_header_id|>\n\n"],
    end: "<|eot_id|>",
  },
  llama4: {
    open: "<|begin_of_text|>",
    header: ["<|header_start|>", "<|header_end|>\n\n"],
    end: "<|eot|>",
  },
} as const satisfies Record<string, Markers>;

const LLAMA_2_TOKENS = /<<\/?SYS>>|\[\/?INST\]|<\/?s>/g;
const TOKENS = /<\|[A-Za-z0-9_]+\|>/g;

export interface LlamaPrompt {
  readonly prompt: string;
  /** Base64, in the order of their places in the prompt. */
  readonly images: readonly string[];
}

/**
 * A conversation as one prompt. A final assistant turn stays open, so that the model writes on.
 * @param instruction A sentence to add to the system prompt; may be empty.
 * @throws RouterError with `param` for content that cannot be sent and for conversations without text.
 */
export function llamaPrompt(
  messages: readonly ChatMessage[],
  { template, images }: LlamaModel,
  instruction: string,
): LlamaPrompt {
  if (template === "llama2") return { prompt: llama2Prompt(messages, instruction), images: [] };
  return headerPrompt(messages, MARKERS[template], images, instruction);
}

function llama2Prompt(messages: readonly ChatMessage[], instruction: string): string {
  const { system, turns, prefilled } = textConversation(messages, TOOL_ADVICE);
  const lead = joinTexts(neutralise(system, LLAMA_2_TOKENS), instruction);
  let prompt = "";
  for (const [index, { role, text }] of turns.entries()) {
    const safe = neutralise(text, LLAMA_2_TOKENS);
    if (role === "user") {
      const head = index === 0 && lead !== "" ? `<<SYS>>\n${lead}\n<</SYS>>\n\n` : "";
      prompt += `<s>[INST] ${head}${safe} [/INST]`;
    } else if (prefilled && index === turns.length - 1) prompt += ` ${safe.trimEnd()}`;
    else prompt += ` ${safe} </s>`;
  }
  return prompt;
}

/** One turn under a header. */
interface Turn {
  readonly role: "system" | "user" | "assistant";
  text: string;
}

function headerPrompt(
  messages: readonly ChatMessage[],
  { open, header, end }: Markers,
  seesImages: boolean,
  instruction: string,
): LlamaPrompt {
  const images: string[] = [];
  const turns = readTurns(messages, seesImages, images);
  if (turns.length === 0) throw emptyConversation();
  if (turns.every(({ role }) => role === "system")) turns.push({ role: "user", text: CONTINUE });
  if (instruction !== "") addInstruction(turns, instruction);
  const opened = (role: Turn["role"]): string => `${header[0]}${role}${header[1]}`;
  let prompt: string = open;
  for (const { role, text } of turns) prompt += opened(role) + text + end;
  const last = turns.at(-1);
  const prefilled = last?.role === "assistant";
  prompt = prefilled ? prompt.slice(0, -end.length).trimEnd() : prompt + opened("assistant");
  return { prompt, images };
}

/** Messages of the same role in a row become one turn; system messages keep their places. */
function readTurns(messages: readonly ChatMessage[], seesImages: boolean, images: string[]): Turn[] {
  refuseToolMessages(messages, TOOL_ADVICE);
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "tool") continue;
    const text = turnText(message.content, message.role === "user" && seesImages, images);
    if (text === "") continue;
    const last = turns.at(-1);
    if (last?.role === message.role) last.text += `\n\n${text}`;
    else turns.push({ role: message.role, text });
  }
  return turns;
}

function addInstruction(turns: Turn[], instruction: string): void {
  const first = turns[0];
  if (first?.role === "system") first.text += `\n\n${instruction}`;
  else turns.unshift({ role: "system", text: instruction });
}

/** The text of a message behind a marker for each of its images; empty where there is nothing. */
function turnText(parts: readonly ContentPart[], seesImages: boolean, images: string[]): string {
  let markers = "";
  const texts: ContentPart[] = [];
  for (const part of parts) {
    if (part.type !== "image_url") {
      texts.push(part);
      continue;
    }
    if (!seesImages) throw unsupportedPart(part);
    images.push(imageData(part).base64);
    markers += IMAGE;
  }
  return markers + neutralise(visibleText(texts), TOKENS);
}
