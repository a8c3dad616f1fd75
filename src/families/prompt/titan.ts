/**
 * Amazon Titan Text, through InvokeModel: one prompt of `User:` and `Bot:` lines, no tools, no images.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import { checkParameters, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { modelFacts, rowFor } from "../models/index.ts";
import { familyCall } from "../answer/decoder.ts";
import { textAnswer } from "../answer/text-answer.ts";
import { asCount, asObject, withoutEmpty } from "../../lib/json.ts";
import { promptedAnswer } from "../request/json-answer.ts";
import {
  invocation,
  joinTexts,
  outputTokens,
  sampling,
  stopSequences,
  TEXT_PARAMETERS,
} from "../request/settings.ts";
import { textConversation } from "../request/text-conversation.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>(TEXT_PARAMETERS);

/** Where the model would begin to speak for the user. */
const USER_LINE = "User:";
/** Titan takes no 0. */
const LEAST_TOP_P = 0.01;

function factsOf({ model }: BedrockTarget) {
  return rowFor(model, "titan").facts;
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): FamilyCall {
  const unread = checkParameters(request, HANDLED);
  const prompted = promptedAnswer(request);
  const inputText = prompt(request, prompted.instruction);
  const stop = stopSequences(request);
  const output = outputTokens(request, factsOf(target).maxOutput);
  const sampled = titanSampling(request);
  const textGenerationConfig = withoutEmpty({
    maxTokenCount: output.tokens,
    ...sampled.fields,
    stopSequences: stop.length > 0 ? stop : [USER_LINE],
  });
  const body = { inputText, textGenerationConfig };
  const dropped = [prompted, output, sampled].flatMap((part) => part.dropped);
  return familyCall(invocation(request, { body, unread, dropped }), {
    format: ANSWER,
    // The client's sequences take the place of the usual one, and of several Titan may heed only the first.
    shape: { stops: [...stop, USER_LINE] },
  });
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

function titanSampling(request: ChatRequest): {
  readonly fields: JsonObject;
  readonly dropped: readonly Loss[];
} {
  const { temperature, topP, dropped } = sampling(request);
  if (topP === undefined || topP >= LEAST_TOP_P) return { fields: { temperature, topP }, dropped };
  return { fields: { temperature, topP: LEAST_TOP_P }, dropped: [...dropped, "top_p"] };
}

/** A chunk, or a whole body, which has the same in `results`. The line break at the head of the answer is its own. */
const ANSWER = textAnswer({
  chunk({ results, ...payload }) {
    const result =
      results === undefined ? payload : Array.isArray(results) ? asObject(results[0]) : undefined;
    return result && ("outputText" in result || "completionReason" in result) ? result : undefined;
  },
  text: "outputText",
  reason: "completionReason",
  counts: ({ totalOutputTextTokenCount, tokenCount }, { inputTextTokenCount }) => ({
    input: asCount(inputTextTokenCount),
    output: asCount(totalOutputTextTokenCount ?? tokenCount),
  }),
});

/** `family: titan`. */
export const titan: Family = { name: "titan", facts: (target) => modelFacts(factsOf(target)), encode };
