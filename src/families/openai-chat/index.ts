/**
 * A family whose models take OpenAI's chat completion as their body. The body is built from an allow-list: Bedrock
 * refuses keys that it does not know and null for any key. `model` and `stream` are in the path.
 */
import type { Family } from "../../contracts.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject, ReasoningEffort } from "../../chat/request.ts";
import type { ChatModel } from "../models/facts.ts";
import { chatModel, modelFacts } from "../models/index.ts";
import { answersIn } from "../answer/decoder.ts";
import type { ShapedEncoded } from "../answer/writer.ts";
import { nearestEffort } from "../request/effort.ts";
import type { AnswerPlan } from "../request/json-answer.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import {
  CHAT_PARAMETERS,
  invocation,
  outputTokens,
  samplingFields,
  stopSequences,
} from "../request/settings.ts";
import { refuseToolMessages } from "../request/text-conversation.ts";
import { chatAnswer } from "./decode.ts";
import { chatMessages } from "./messages.ts";
import { chatToolChoice, planChat } from "./tools.ts";

/** @param name What `family:` takes. */
export function chatFamily(name: string): Family {
  return {
    name,
    facts: ({ model }) => modelFacts(chatModel(model, name)),
    encode: (request, { model }) => encodeChat(request, chatModel(model, name)),
    ...answersIn(chatAnswer),
  };
}

/**
 * The body for a model, and what its decoder has to know.
 * @throws RouterError with `param` for what the model cannot do.
 */
function encodeChat(request: ChatRequest, model: ChatModel): ShapedEncoded {
  const own: Concept[] = [
    ...(model.penalties ? (["frequency_penalty", "presence_penalty"] as const) : []),
    ...(model.seed ? (["seed"] as const) : []),
  ];
  const dropped = new Set(checkParameters(request, new Set<Concept>([...CHAT_PARAMETERS, ...own])));
  const plan = planChat(request, model, dropped);
  if (!model.tools) refuseToolMessages(request.messages);
  const body: JsonObject = {
    messages: chatMessages(request.messages, model, plan.instructions),
    [model.maxTokensField]: outputTokens(request, model.maxOutput, dropped),
    ...samplingFields(request, dropped, { ...model, takes: model.sampling }),
    ...numbers(request, model),
    stop: stopField(request, model),
    ...toolFields(request, plan, model, dropped),
    response_format: plan.format,
    reasoning_effort: effortField(request, model, dropped),
  };
  const { rawToolCalls = false, ...shape } = model.shape;
  return {
    ...invocation(request, body, dropped),
    shape: { ...shape, answerTool: plan.answerTool, rawToolCalls: rawToolCalls && plan.tools.length > 0 },
  };
}

/** A penalty of 0 is none. */
function numbers({ frequencyPenalty, presencePenalty, seed }: ChatRequest, model: ChatModel): JsonObject {
  return {
    ...(model.penalties && {
      frequency_penalty: frequencyPenalty || undefined,
      presence_penalty: presencePenalty || undefined,
    }),
    ...(model.seed && { seed }),
  };
}

function stopField(request: ChatRequest, { maxStops }: ChatModel): string[] {
  const sequences = stopSequences(request);
  if (sequences.length > (maxStops ?? sequences.length)) {
    const limit = maxStops === 0 ? "no stop sequences" : `at most ${maxStops} stop sequences`;
    throw unsupportedParameter("stop", `This model takes ${limit}. Leave some out or use another model.`);
  }
  return sequences;
}

function toolFields(
  { parallelToolCalls }: ChatRequest,
  { tools, mode }: AnswerPlan,
  model: ChatModel,
  dropped: Set<string>,
): JsonObject {
  if (tools.length === 0) return {};
  const serial = parallelToolCalls === false && mode?.type !== "none";
  if (serial && !model.parallelToolCalls) dropped.add("parallel_tool_calls");
  return {
    tools,
    tool_choice: mode && chatToolChoice(mode),
    parallel_tool_calls: serial && model.parallelToolCalls ? false : undefined,
  };
}

function effortField(
  { reasoningEffort }: ChatRequest,
  { efforts, reasoning }: ChatModel,
  dropped: Set<string>,
): ReasoningEffort | undefined {
  if (reasoningEffort === undefined || (reasoningEffort === "none" && !reasoning)) return undefined;
  return nearestEffort(reasoningEffort, efforts, dropped);
}
