/**
 * Amazon Titan Text, through InvokeModel: one prompt of `User:` and `Bot:` lines, no tools, no images.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
 */
import type { BedrockTarget, Encoded, Family, ModelFacts } from "../contracts.ts";
import { checkParameters } from "../openai/parameters.ts";
import type { ChatRequest, JsonObject } from "../openai/types.ts";
import { titanModel } from "./catalogue/titan.ts";
import { asCount, asObject, asText } from "./json.ts";
import { joinTexts, jsonInstruction, outputTokens, stopSequences } from "./prompt-settings.ts";
import { type TextChunk, type TextShape, textBody, textDecoder } from "./text-answer.ts";
import { textConversation } from "./text-messages.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<string> = new Set(["response_format", "stop", "temperature", "top_p"]);

/** Where the model would begin to speak for the user. */
const USER_LINE = "User:";
/** Titan takes no 0. */
const LEAST_TOP_P = 0.01;

function facts(target: BedrockTarget): ModelFacts {
  const { contextWindow, maxOutput } = titanModel(target.model);
  const capabilities = { tools: false, images: false, streaming: true, reasoning: false };
  return { contextWindow, maxOutput, capabilities };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): Encoded {
  const dropped = new Set(checkParameters(request, HANDLED));
  const inputText = prompt(request, jsonInstruction(request.responseFormat, dropped));
  const stop = stopSequences(request);
  const textGenerationConfig = {
    maxTokenCount: outputTokens(request, titanModel(target.model).maxOutput, dropped),
    ...sampling(request, dropped),
    stopSequences: stop.length > 0 ? stop : [USER_LINE],
  };
  return {
    body: { inputText, textGenerationConfig },
    operation: request.stream ? "invoke-with-response-stream" : "invoke",
    dropped: [...dropped].sort(),
    // The client's sequences take the place of the usual one, and of several Titan may heed only the first.
    decoding: { stop: [...stop, USER_LINE] },
  };
}

function prompt({ messages }: ChatRequest, instruction: string): string {
  const { system, turns, prefilled } = textConversation(messages);
  const lines = turns.map(
    ({ role, text }) => `${role === "user" ? "User" : "Bot"}: ${withoutSpeakers(text)}`,
  );
  if (!prefilled) lines.push("Bot:");
  return joinTexts(withoutSpeakers(system), instruction, lines.join("\n"));
}

/** Only the template opens lines with a speaker; the same words in a message stay readable. */
function withoutSpeakers(text: string): string {
  return text.replace(/^([^\S\n]*(?:User|Bot)):/gm, "$1 :");
}

/** OpenAI's temperature goes to 2, Titan's to 1. */
function sampling({ temperature, topP }: ChatRequest, dropped: Set<string>): JsonObject {
  if (temperature !== undefined && temperature > 1) dropped.add("temperature");
  if (topP !== undefined && topP < LEAST_TOP_P) dropped.add("top_p");
  return {
    ...(temperature !== undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && { topP: Math.max(topP, LEAST_TOP_P) }),
  };
}

// The line break at the head of Titan's answers is its own.
const SHAPE: TextShape = { read: readChunk, trimHead: false };

/** Reads a chunk, or a whole body, which has the same in `results`. */
function readChunk(payload: JsonObject): TextChunk | undefined {
  const { results, inputTextTokenCount } = payload;
  const result = Array.isArray(results) ? asObject(results[0]) : payload;
  if (result === undefined || !("outputText" in result || "completionReason" in result)) return undefined;
  return {
    text: asText(result.outputText),
    reason: asText(result.completionReason),
    hasReason: "completionReason" in result,
    counts: {
      input: asCount(inputTextTokenCount),
      output: asCount(result.totalOutputTextTokenCount ?? result.tokenCount),
    },
  };
}

/** `family: titan`. */
export const titan: Family = {
  name: "titan",
  facts,
  encode,
  decoder: (encoded) => textDecoder(SHAPE, encoded),
  decodeBody: (body, headers, encoded) => textBody(body, headers, SHAPE, encoded),
};
