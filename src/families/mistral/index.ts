/**
 * Mistral, through InvokeModel. The older models take a prompt and give text; the others take a chat completion, whose
 * documented fields are few: the body is built from those alone, and stop sequences are applied to the answer here.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral.html
 */
import type { BedrockTarget, Delta, Encoded, Family, FamilyMessage, ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../openai/parameters.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { type MistralFamilyName, type MistralModel, mistralModel } from "../catalogue/mistral.ts";
import { type ChatEncoded, chatBody, chatDecoder, chatShapeOf } from "../chat-shape.ts";
import { asObject, asText } from "../json.ts";
import { jsonInstruction, outputTokens, samplingFields, stopSequences } from "../prompt-settings.ts";
import { stopDeltas } from "../stop-deltas.ts";
import { type TextShape, textBody, textDecoder } from "../text-answer.ts";
import { refuseTools } from "../text-messages.ts";
import { mistralMessages } from "./messages.ts";
import { mistralPrompt, TOOL_ADVICE } from "./prompt.ts";
import { planTools } from "./tools.ts";

/** The request parameters that {@link encode} honours, refuses or reports itself. */
const HANDLED: ReadonlySet<string> = new Set([
  ...[
    "function_call",
    "functions",
    "response_format",
    "stop",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
  ],
]);

/** Magistral thinks between its own tags where its server does not part them from the answer. */
const REASONING_TAGS = ["[THINK]", "think"];

function facts(target: BedrockTarget, family: MistralFamilyName): ModelFacts {
  const { contextWindow, maxOutput, form, images, reasoning } = mistralModel(target.model, family);
  const capabilities = { tools: form !== "text", images, streaming: true, reasoning };
  return { contextWindow, maxOutput, capabilities };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, family: MistralFamilyName): ChatEncoded {
  const model = mistralModel(target.model, family);
  const dropped = new Set(checkParameters(request, HANDLED));
  const chat = model.form === "chat" || (model.form === "both" && needsChat(request));
  const fields = chat ? chatFields(request, model, dropped) : textFields(request, dropped);
  const { body, ...rest } = fields;
  return {
    body: {
      ...body,
      max_tokens: outputTokens(request, model.maxOutput, dropped),
      ...samplingFields(request, dropped),
    },
    operation: request.stream ? "invoke-with-response-stream" : "invoke",
    dropped: [...dropped].sort(),
    ...rest,
  };
}

/** Whether tools, or a schema that one has to carry, play a part. */
function needsChat({ tools, toolChoice, messages, responseFormat }: ChatRequest): boolean {
  const offered = tools.length > 0 && toolChoice?.type !== "none";
  const called = messages.some(({ role, ...rest }) => {
    return role === "tool" || ("toolCalls" in rest && rest.toolCalls.length > 0);
  });
  return offered || called || responseFormat.type === "json_schema";
}

type Fields = Pick<ChatEncoded, "body" | "chat" | "decoding">;

function textFields(request: ChatRequest, dropped: Set<string>): Fields {
  refuseTools(request, TOOL_ADVICE);
  const instruction = jsonInstruction(request.responseFormat, dropped);
  const stop = stopSequences(request);
  const prompt = mistralPrompt(request.messages, instruction);
  return { body: { prompt, ...(stop.length > 0 && { stop }) }, chat: {} };
}

function chatFields(request: ChatRequest, model: MistralModel, dropped: Set<string>): Fields {
  const { tools, choice, answerTool, instruction } = planTools(request, dropped);
  const stop = stopSequences(request);
  const body: JsonObject = {
    messages: mistralMessages(request.messages, model.images, instruction),
    ...(tools.length > 0 && { tools }),
    ...(choice && { tool_choice: choice }),
  };
  return {
    body,
    chat: {
      ...(answerTool && { answerTool }),
      ...(model.reasoning && { reasoningTags: REASONING_TAGS }),
    },
    ...(stop.length > 0 && { decoding: { stop } }),
  };
}

const TEXT_SHAPE: TextShape = { read: readOutput, trimHead: false };

function readOutput({ outputs }: JsonObject): ReturnType<TextShape["read"]> {
  const output = Array.isArray(outputs) ? asObject(outputs[0]) : undefined;
  if (output === undefined) return undefined;
  return {
    text: asText(output.text),
    reason: asText(output.stop_reason),
    hasReason: "stop_reason" in output,
  };
}

function decoder(encoded: Encoded): (message: FamilyMessage) => Delta[] {
  if ("prompt" in encoded.body) return textDecoder(TEXT_SHAPE, encoded);
  const decode = chatDecoder(chatShapeOf(encoded));
  const stopped = stopDeltas(encoded.decoding?.stop ?? []);
  return (message) => stopped(decode(message));
}

function decodeBody(body: unknown, headers: Headers, encoded: Encoded): Delta[] {
  if ("prompt" in encoded.body) return textBody(body, headers, TEXT_SHAPE, encoded);
  return stopDeltas(encoded.decoding?.stop ?? [])(chatBody(body, headers, chatShapeOf(encoded)));
}

function mistralFamily(name: MistralFamilyName): Family {
  return {
    name,
    facts: (target) => facts(target, name),
    encode: (request, target) => encode(request, target, name),
    decoder,
    decodeBody,
  };
}

/** `family: mistral`; behind an ARN that hides the model it takes the chat form. */
export const mistral = mistralFamily("mistral");
/** `family: mistral-text`, for ARNs that hide one of the older models. */
export const mistralText = mistralFamily("mistral-text");
