/** The answer of the emulated model: deterministic, about what was asked, and within the limits that were set. */
import { spacedJson } from "../json.ts";
import {
  type Answer,
  type Block,
  type Conversation,
  charactersFor,
  type Media,
  tokensIn,
} from "./conversation.ts";
import { type Directives, readDirectives } from "./directives.ts";
import { plannedCalls } from "./plan.ts";
import { formedAnswer, known } from "./skills.ts";
import { splitArguments, splitText } from "./split.ts";
import { synthesise } from "./synthesise.ts";
import { type Call, chooseCalls, takesNothing } from "./tools.ts";

/** Answers `conversation`, honouring its directives, stop sequences and token limit. */
export function compose(conversation: Conversation): Answer {
  const directives = readDirectives(conversation.question);
  if (directives.refuse) return { blocks: [], stop: "refusal", outputTokens: 0 };
  const calls = callsFor(conversation, directives);
  const pieces = textPieces(conversation, directives, calls);
  const stopped = stopAt(pieces, conversation.stop);
  const blocks: Block[] = [
    ...think(conversation.thinking, directives.text),
    ...(stopped.pieces.length > 0 ? [{ type: "text" as const, pieces: stopped.pieces }] : []),
    ...(stopped.sequence === undefined ? calls.map(toBlock) : []),
  ];
  const end = calls.length > 0 ? "tool_use" : "end";
  return limit(
    {
      blocks,
      stop: stopped.sequence === undefined ? end : "stop_sequence",
      ...(stopped.sequence !== undefined && { stopSequence: stopped.sequence }),
      outputTokens: tokensIn(lengthOf(blocks)),
    },
    conversation.maxTokens,
  );
}

function callsFor(conversation: Conversation, { echo, repeat, plan, text }: Directives): Call[] {
  if (echo || repeat) return [];
  return plan === undefined ? chooseCalls(conversation, text) : plannedCalls(plan, conversation);
}

function think(thinking: Conversation["thinking"], question: string): Block[] {
  if (thinking === "off") return [];
  const text = thinking === "shown" ? `The user says: ${question} A short answer will do.` : "";
  return [{ type: "thinking", pieces: splitText(text) }];
}

function toBlock({ tool, input }: Call): Block {
  const pieces = takesNothing(tool) ? [] : splitArguments(spacedJson(input));
  return { type: "tool", name: tool.name, input, pieces };
}

function textPieces(conversation: Conversation, directives: Directives, calls: readonly Call[]): string[] {
  const { repeat } = directives;
  if (directives.echo) return splitText(JSON.stringify(conversation.received));
  if (repeat) return Array.from({ length: repeat.count }, () => `${repeat.word} `);
  if (conversation.format) {
    const source = { question: directives.text, subject: directives.text || "example" };
    return splitText(spacedJson(synthesise(conversation.format, source)));
  }
  if (calls.length > 0) return splitText(announce(conversation, calls));
  return splitText(formedAnswer(conversation, directives.text) ?? say(conversation, directives));
}

/** Claude says what it is about to do, unless it was forced to call. */
function announce(conversation: Conversation, calls: readonly Call[]): string {
  if (conversation.toolMode.mode !== "auto") return "";
  return `I'll look that up with ${[...new Set(calls.map((call) => call.tool.name))].join(" and ")}.`;
}

function say(conversation: Conversation, directives: Directives): string {
  const { toolResults, media, system } = conversation;
  return [
    ...(directives.system ? [`My system prompt is: ${system}`] : []),
    ...toolResults.map((result) => `The tool answered: "${result}".`),
    ...(media.length > 0 ? [describe(media)] : []),
    ...(directives.text === "" ? [] : [`You asked: "${directives.text}"`]),
    ...known(conversation, directives.text),
    "That is all the emulator knows.",
  ].join(" ");
}

function describe(media: readonly Media[]): string {
  const list = media.map(({ type, bytes }) => `${type}, ${bytes} bytes`).join("; ");
  const noun = media.every(({ type }) => type.startsWith("image/")) ? "image" : "attachment";
  return `I see ${media.length} ${noun}${media.length === 1 ? "" : "s"}: ${list}.`;
}

/** Cuts before the first stop sequence that appears. */
function stopAt(pieces: string[], sequences: readonly string[]): { pieces: string[]; sequence?: string } {
  const text = pieces.join("");
  let found: { at: number; sequence: string } | undefined;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (at >= 0 && (!found || at < found.at)) found = { at, sequence };
  }
  return found ? { pieces: take(pieces, found.at), sequence: found.sequence } : { pieces };
}

/** Cuts off what does not fit into `maxTokens`. */
function limit(answer: Answer, maxTokens: number): Answer {
  let left = charactersFor(maxTokens);
  if (lengthOf(answer.blocks) <= left) return answer;
  const blocks: Block[] = [];
  for (const block of answer.blocks) {
    if (left <= 0) break;
    const pieces = take(block.pieces, left);
    left -= block.pieces.join("").length;
    // Arguments that were cut off are no JSON, so there is no input to show.
    blocks.push(block.type === "tool" && left < 0 ? { ...block, pieces, input: {} } : { ...block, pieces });
  }
  return { blocks, stop: "length", outputTokens: maxTokens };
}

/** The first `length` characters, never half of a surrogate pair. */
function take(pieces: readonly string[], length: number): string[] {
  const taken: string[] = [];
  let left = length;
  for (const piece of pieces) {
    if (left <= 0) break;
    const cut = piece.slice(0, left).replace(/[\ud800-\udbff]$/, "");
    if (cut !== "") taken.push(cut);
    left -= piece.length;
  }
  return taken;
}

function lengthOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.pieces.join("").length, 0);
}
