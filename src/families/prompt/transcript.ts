/**
 * `family: completion`: imported models that take a bare prompt and answer with `choices[].text` (OpenAI's text
 * completion, TGI). They have no template of their own here, so a conversation becomes a transcript; one lone message
 * goes as it is. Imported models that know messages do better with `family: openai`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
 */
import type { Family, FamilyCall } from "../family.ts";
import type { ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
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
import { refuseTools, type TextConversation, textConversation } from "../request/text-conversation.ts";

const HANDLED: ReadonlySet<Concept> = new Set(PROMPT_PARAMETERS);
/** Servers sample from at least one token, and from any temperature. */
const SAMPLING = { maxTemperature: 2, leastTopP: 1e-6 };
const NO_TOOLS = 'Use another model, or "family: openai" where this one knows messages.';
const SHAPE: AnswerShape = { reasoningTags: ["reasoning", "think"] };

const LABELS = { system: "System", user: "User", assistant: "Assistant" } as const;
/** A line that would read as the next speaker's. */
const LABEL_IN_TEXT = /^([^\S\n]*(?:System|User|Assistant)):/gm;
/** Ends the answer where the model goes on with the user's part. */
const NEXT_TURN = `\n${LABELS.user}:`;

const FACTS: ModelFacts = {
  contextWindow: undefined,
  maxOutput: undefined,
  capabilities: { tools: false, images: false, streaming: true, reasoning: false },
};

function encode(request: ChatRequest): FamilyCall {
  const unread = checkParameters(request, HANDLED);
  refuseTools(request, NO_TOOLS);
  const conversation = textConversation(request.messages, NO_TOOLS);
  const prompted = promptedAnswer(request);
  const { prompt, stops } = promptOf(conversation, prompted.instruction);
  const stop = [...new Set([...stopSequences(request), ...stops])];
  const output = outputTokens(request, undefined);
  const sampled = samplingFields(request, SAMPLING);
  const body: JsonObject = { prompt, max_tokens: output.tokens, ...sampled.fields, stop };
  const dropped = [prompted, output, sampled].flatMap((part) => part.dropped);
  return familyCall(invocation(request, { body, unread, dropped }), { format: chatAnswer, shape: SHAPE });
}

function promptOf(
  { system, turns }: TextConversation,
  instruction: string,
): { prompt: string; stops: readonly string[] } {
  const lead = joinTexts(system, instruction);
  const [first, ...more] = turns;
  if (lead === "" && first !== undefined && more.length === 0) return { prompt: first.text, stops: [] };
  const parts = [
    ...(lead === "" ? [] : [`${LABELS.system}: ${unlabelled(lead)}`]),
    ...turns.map(({ role, text }) => `${LABELS[role]}: ${unlabelled(text)}`),
  ];
  // A final assistant turn is written on; otherwise the next turn is the assistant's.
  const open = turns.at(-1)?.role === "assistant" ? [] : [`${LABELS.assistant}:`];
  return { prompt: [...parts, ...open].join("\n\n"), stops: [NEXT_TURN] };
}

/** Nobody speaks for somebody else: a label in a text gets a space before its colon. */
function unlabelled(text: string): string {
  return text.replace(LABEL_IN_TEXT, "$1 :");
}

/** `family: completion`. */
export const completion: Family = {
  name: "completion",
  facts: () => FACTS,
  encode,
};
