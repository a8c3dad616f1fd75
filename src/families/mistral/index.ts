/**
 * Mistral, through InvokeModel. The older models take a prompt and give text; the others take a chat completion, whose
 * documented fields are few: the body is built from those alone, and stop sequences are applied to the answer here.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral.html
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import { checkParameters, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import type { MistralModel } from "../models/facts.ts";
import { type MistralFamilyName, mistralModel, modelFacts } from "../models/index.ts";
import { type AnswerReading, familyCall } from "../answer/decoder.ts";
import { textAnswer } from "../answer/text-answer.ts";
import { chatAnswer } from "../openai-chat/decode.ts";
import { CHAT_TOOLS } from "../openai-chat/tools.ts";
import { asObject } from "../../lib/json.ts";
import { promptedAnswer } from "../request/json-answer.ts";
import {
  invocation,
  joinTexts,
  outputTokens,
  PROMPT_PARAMETERS,
  samplingFields,
  stopSequences,
} from "../request/settings.ts";
import { toolBook } from "../request/tool-book.ts";
import { refuseTools } from "../request/text-conversation.ts";
import { mistralMessages } from "./messages.ts";
import { mistralPrompt, TOOL_ADVICE } from "../prompt/mistral.ts";
import { planTools } from "./tools.ts";

/** The request parameters that {@link encode} honours, refuses or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set(PROMPT_PARAMETERS);

/** Magistral thinks between its own tags where its server does not part them from the answer. */
const REASONING_TAGS = ["[THINK]", "think"];

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, family: MistralFamilyName): FamilyCall {
  const model = mistralModel(target.model, family);
  const unread = checkParameters(request, HANDLED);
  const chat = model.form === "chat" || (model.form === "both" && needsChat(request));
  const { fields, dropped, reading } = chat ? chatFields(request, model) : textFields(request);
  const output = outputTokens(request, model.maxOutput);
  const sampled = samplingFields(request);
  const body = { ...fields, max_tokens: output.tokens, ...sampled.fields };
  const losses = [...dropped, ...output.dropped, ...sampled.dropped];
  return familyCall(invocation(request, { body, unread, dropped: losses }), reading);
}

/** Whether tools, or a schema that one has to carry, play a part. */
function needsChat({ tools, toolChoice, messages, responseFormat }: ChatRequest): boolean {
  const offered = tools.length > 0 && toolChoice?.type !== "none";
  const called = messages.some(({ role, ...rest }) => {
    return role === "tool" || ("toolCalls" in rest && rest.toolCalls.length > 0);
  });
  return offered || called || responseFormat.type === "json_schema";
}

const TEXT = textAnswer({
  chunk: ({ outputs }) => (Array.isArray(outputs) ? asObject(outputs[0]) : undefined),
  text: "text",
  reason: "stop_reason",
});

/** What one of the two forms makes of a request. */
interface Form {
  readonly fields: JsonObject;
  readonly dropped: readonly Loss[];
  readonly reading: AnswerReading;
}

function textFields(request: ChatRequest): Form {
  refuseTools(request, TOOL_ADVICE);
  const { instruction, dropped } = promptedAnswer(request);
  const prompt = mistralPrompt(request.messages, instruction);
  return { fields: { prompt, stop: stopSequences(request) }, dropped, reading: { format: TEXT } };
}

function chatFields(request: ChatRequest, model: MistralModel): Form {
  const book = toolBook(request, CHAT_TOOLS);
  const { tools, mode, answerTool, instructions, dropped } = planTools(request, book);
  const fields: JsonObject = {
    messages: mistralMessages(request.messages, model.images, joinTexts(...instructions), book),
    tools,
    tool_choice: mode?.type,
  };
  const reasoningTags = model.reasoning ? REASONING_TAGS : [];
  const shape = { calls: book.client, answerTool, reasoningTags, stops: stopSequences(request) };
  return { fields, dropped, reading: { format: chatAnswer, shape } };
}

function mistralFamily(name: MistralFamilyName): Family {
  return {
    name,
    facts: ({ model }) => modelFacts(mistralModel(model, name)),
    encode: (request, target) => encode(request, target, name),
  };
}

/** `family: mistral`; behind an ARN that hides the model it takes the chat form. */
export const mistral = mistralFamily("mistral");
/** `family: mistral-text`, for ARNs that hide one of the older models. */
export const mistralText = mistralFamily("mistral-text");
