/**
 * DeepSeek-R1, through InvokeModel: a prompt in its template goes in; out comes its reasoning, which the prompt has opened
 * already, and behind `</think>` the answer.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-deepseek.html
 */
import type { Family, FamilyCall } from "../family.ts";
import { asksFor, checkParameters, type Loss } from "../../chat/parameters.ts";
import type { ChatMessage, ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { HIDDEN_R1 } from "../models/open-weight.ts";
import { modelFacts } from "../models/index.ts";
import { familyCall } from "../answer/decoder.ts";
import type { AnswerShape } from "../answer/writer.ts";
import { chatAnswer } from "../openai-chat/decode.ts";
import { promptedAnswer } from "../request/json-answer.ts";
import {
  invocation,
  joinTexts,
  outputTokens,
  PROMPT_PARAMETERS,
  samplingFields,
  stopSequences,
} from "../request/settings.ts";
import { neutralise, refuseTools, textConversation } from "../request/text-conversation.ts";
import { CONTINUE } from "../request/turns.ts";

/** The request parameters that {@link encode} honours, refuses or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([...PROMPT_PARAMETERS, "reasoning"]);

/** There is one model of this family. */
const R1 = HIDDEN_R1.facts;
/** The most stop sequences. */
const MAX_STOPS = 10;

const NO_TOOLS = "Use another model.";

// The bars are full-width (U+FF5C), the low lines are U+2581.
const BEGIN = "<｜begin▁of▁sentence｜>";
const END = "<｜end▁of▁sentence｜>";
const USER = "<｜User｜>";
const ASSISTANT = "<｜Assistant｜>";
// Escaped: one character beyond Latin-1 in the bundle, and V8 keeps all of it in two bytes a character.
const TOKENS = /<\uFF5C[^<>\uFF5C]+\uFF5C>/g;

const SHAPE: AnswerShape = { reasoningTags: ["think"], startsInReasoning: true };

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest): FamilyCall {
  const unread = checkParameters(request, HANDLED);
  refuseTools(request, NO_TOOLS);
  const prompted = promptedAnswer(request);
  const wanted = stopSequences(request);
  const stop = wanted.slice(0, MAX_STOPS);
  const output = outputTokens(request, R1.maxOutput);
  const sampled = samplingFields(request);
  const body: JsonObject = {
    prompt: promptOf(request.messages, prompted.instruction),
    max_tokens: output.tokens,
    ...sampled.fields,
    stop,
  };
  const dropped: readonly Loss[] = [
    ...[prompted, output, sampled].flatMap((part) => part.dropped),
    ...(stop.length < wanted.length ? (["stop"] as const) : []),
    // It always reasons, and always as much as it likes.
    ...(asksFor(request, "reasoning") ? (["reasoning"] as const) : []),
  ];
  return familyCall(invocation(request, { body, unread, dropped }), { format: chatAnswer, shape: SHAPE });
}

function promptOf(messages: readonly ChatMessage[], instruction: string): string {
  const { system, turns, prefilled } = textConversation(messages, NO_TOOLS);
  let prompt = BEGIN + joinTexts(neutralise(system, TOKENS), instruction);
  for (const { role, text } of turns) {
    const safe = neutralise(text, TOKENS);
    prompt += role === "user" ? USER + safe : ASSISTANT + safe + END;
  }
  // A turn that begins with reasoning cannot be continued.
  if (prefilled) prompt += USER + CONTINUE;
  return `${prompt}${ASSISTANT}<think>\n`;
}

/** `family: deepseek-r1`. */
export const deepseekR1: Family = { name: "deepseek-r1", facts: () => modelFacts(R1), encode };
