/**
 * One chunk of a chat completion, as OpenAI and the many servers that speak its format write it: vLLM and its kin, Mistral,
 * the models on Bedrock. A whole answer is read as the one chunk that it could have been, so both ways give the same; so is
 * a text completion (`choices[].text`).
 */
import type { RouterError } from "../../../errors.ts";
import { asObject, asText, isObject, type JsonObject } from "../../../lib/json.ts";
import { type ChatUsage, readUsage } from "../../openai-usage.ts";
import { chatError } from "./error.ts";

export type { ChatUsage } from "../../openai-usage.ts";

/** Takes what a chunk says. */
export interface ChunkSink {
  write(text: string): void;
  reason(text: string): void;
  refuse(text: string): void;
  /** Takes a `tool_calls` member. */
  call(toolCalls: unknown): void;
}

/** What a chunk says beside what it writes. */
export interface ChunkReading {
  readonly error?: RouterError | undefined;
  readonly usage?: ChatUsage | undefined;
  /** The choice that was read: the first; none in a chunk that only counts. */
  readonly choice?: JsonObject | undefined;
  /** Its `delta` or `message`. */
  readonly piece?: JsonObject | undefined;
  /** Why the model stopped, in its own words; undefined while it goes on. */
  readonly finish?: string | undefined;
  /** The stop sequence that ended the answer, which vLLM tells. */
  readonly stopSequence?: string | undefined;
}

/** Reads a chunk, or a whole answer, of one choice. */
export function readChunk(payload: JsonObject, sink: ChunkSink): ChunkReading {
  const error = chatError(payload);
  const usage = readUsage(payload.usage, "prompt_tokens", "completion_tokens");
  const choice = firstChoice(payload.choices);
  if (error !== undefined || choice === undefined) return { error, usage };
  const piece = pieceOf(choice);
  sink.write(asText(choice.text));
  if (piece !== undefined) readPiece(piece, sink);
  const reason = asText(choice.finish_reason);
  const stop = asText(choice.stop_reason);
  return {
    usage,
    choice,
    piece,
    finish: reason || stop || undefined,
    ...(reason === "stop" && stop !== "" && { stopSequence: stop }),
  };
}

function firstChoice(choices: unknown): JsonObject | undefined {
  return Array.isArray(choices) ? choices.find(isFirst) : undefined;
}

/** The `delta`, or the `message` of a whole answer, beside which some servers leave an empty delta. */
function pieceOf({ delta, message }: JsonObject): JsonObject | undefined {
  const [piece, whole] = [asObject(delta), asObject(message)];
  return piece !== undefined && (whole === undefined || Object.keys(piece).length > 0) ? piece : whole;
}

function isFirst(choice: unknown): choice is JsonObject {
  return isObject(choice) && (choice.index === undefined || choice.index === 0);
}

function readPiece(piece: JsonObject, sink: ChunkSink): void {
  sink.reason(asText(piece.reasoning_content) || asText(piece.reasoning));
  readContent(piece.content, sink);
  sink.refuse(asText(piece.refusal));
  sink.call(piece.tool_calls);
  // The deprecated interface knows one call, without an id.
  if (isObject(piece.function_call)) sink.call([{ index: 0, function: piece.function_call }]);
}

/** A string, or parts: text, and for Magistral thinking whose content is parts again. */
function readContent(content: unknown, sink: ChunkSink): void {
  if (typeof content === "string") sink.write(content);
  if (!Array.isArray(content)) return;
  for (const part of content) {
    const { text, thinking } = asObject(part) ?? {};
    sink.write(asText(text));
    if (Array.isArray(thinking)) for (const inner of thinking) sink.reason(asText(asObject(inner)?.text));
    else sink.reason(asText(thinking));
  }
}
