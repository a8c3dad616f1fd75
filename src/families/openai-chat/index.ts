/**
 * Families whose models take OpenAI's chat completion as their body; their differences are data. The body is built from an allow-list: Bedrock
 * refuses keys that it does not know and null for any key. `model` and `stream` are in the path.
 */
import type { Family, FamilyCall } from "../family.ts";
import { checkParameters, type Loss, paramName } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject, ReasoningEffort } from "../../chat/request.ts";
import { RouterError } from "../../errors.ts";
import type { ChatModel } from "../models/facts.ts";
import { chatModel, modelFacts, plainModelId } from "../models/index.ts";
import { chatWithout, NONE_REFUSED } from "../models/refused.ts";
import { familyCall } from "../answer/decoder.ts";
import type { AnswerPlan } from "../request/json-answer.ts";
import { unsupportedParameter } from "../request/refusals.ts";
import {
  CHAT_PARAMETERS,
  invocation,
  nearestEffort,
  outputTokens,
  samplingFields,
  stopSequences,
} from "../request/settings.ts";
import { toolBook } from "../request/tool-book.ts";
import { refuseToolMessages } from "../request/text-conversation.ts";
import { chatAnswer } from "./decode.ts";
import { chatMessages } from "./messages.ts";
import { CHAT_TOOLS, chatToolChoice, planChat } from "./tools.ts";

/** @param name What `family:` takes. */
function chatFamily(name: string): Family {
  return {
    name,
    facts: ({ model }) => modelFacts(chatModel(model, name)),
    encode: (request, { model, refused = NONE_REFUSED }) =>
      encodeChat(request, chatWithout(chatModel(model, name), refused)),
  };
}

/**
 * The body for a model, and how its answer is read.
 * @throws RouterError with `param` for what the model cannot do.
 */
function encodeChat(request: ChatRequest, model: ChatModel): FamilyCall {
  const own: Concept[] = [
    ...(model.penalties ? (["frequency_penalty", "presence_penalty"] as const) : []),
    ...(model.seed ? (["seed"] as const) : []),
  ];
  const unread = checkParameters(request, new Set<Concept>([...CHAT_PARAMETERS, ...own]));
  const book = toolBook(request, CHAT_TOOLS);
  const plan = planChat(request, model, book);
  if (!model.tools) refuseToolMessages(request.messages);
  const output = outputTokens(request, model.maxOutput);
  const sampled = samplingFields(request, { ...model, takes: model.sampling });
  const tools = toolFields(request, plan, model);
  const reasoning = effortField(request, model);
  const body: JsonObject = {
    messages: chatMessages(request.messages, model, plan.instructions, book),
    [model.maxTokensField]: output.tokens,
    ...sampled.fields,
    ...numbers(request, model),
    stop: stopField(request, model),
    ...tools.fields,
    response_format: plan.format,
    reasoning_effort: reasoning.effort,
  };
  const dropped = [plan, output, sampled, tools, reasoning].flatMap((part) => part.dropped);
  const { rawToolCalls = false, ...shape } = model.shape;
  return familyCall(invocation(request, { body, unread, dropped }), {
    format: chatAnswer,
    shape: {
      ...shape,
      calls: book.client,
      answerTool: plan.answerTool,
      rawToolCalls: rawToolCalls && plan.tools.length > 0,
    },
  });
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
    throw unsupportedParameter(
      paramName(request, "stop"),
      `This model takes ${limit}. Leave some out or use another model.`,
    );
  }
  return sequences;
}

function toolFields(
  { parallelToolCalls }: ChatRequest,
  { tools, mode }: AnswerPlan,
  model: ChatModel,
): { readonly fields: JsonObject; readonly dropped: readonly Loss[] } {
  if (tools.length === 0) return { fields: {}, dropped: [] };
  const serial = parallelToolCalls === false && mode?.type !== "none";
  const fields = {
    tools,
    tool_choice: mode && chatToolChoice(mode),
    parallel_tool_calls: serial && model.parallelToolCalls ? false : undefined,
  };
  return { fields, dropped: serial && !model.parallelToolCalls ? ["parallel_tool_calls"] : [] };
}

function effortField(
  { reasoningEffort, thinking }: ChatRequest,
  { efforts, reasoning }: ChatModel,
): { readonly effort: ReasoningEffort | undefined; readonly dropped: readonly Loss[] } {
  const wanted = thinking?.mode === "disabled" ? "none" : reasoningEffort;
  if (wanted === undefined || (wanted === "none" && !reasoning)) return { effort: undefined, dropped: [] };
  return nearestEffort(wanted, efforts);
}

/**
 * `family: openai`: gpt-oss, Qwen3, Kimi, MiniMax, GLM, Gemma, Nemotron, DeepSeek V3, and models imported into Bedrock that
 * are called with messages (for one that takes a bare prompt there is `family: completion`).
 */
export const openai = chatFamily("openai");

/**
 * `family: writer`: Writer's Palmyra. `max_tokens` is always sent, because Bedrock's default is 16; the stream's last
 * chunk may be the string `"[DONE]"`, which the decoder reads over.
 */
export const writer = chatFamily("writer");

const chatJamba = chatFamily("jamba");

/** `family: jamba`: AI21's Jamba. Its predecessor Jurassic-2 (`ai21.j2-*`), which took a bare prompt, is retired. */
export const jamba: Family = {
  ...chatJamba,
  facts: (target) =>
    isJurassic(target.model) ? { contextWindow: undefined, maxOutput: undefined } : chatJamba.facts(target),
  encode(request, target) {
    if (!isJurassic(target.model)) return chatJamba.encode(request, target);
    const text = `Bedrock has retired AI21's Jurassic-2 ("${target.model}" of llms.${target.name}): set "model:" there to ai21.jamba-1-5-mini-v1:0, ai21.jamba-1-5-large-v1:0 or another model.`;
    throw new RouterError("config_invalid", text);
  },
};

function isJurassic(model: string): boolean {
  return plainModelId(model)?.startsWith("ai21.j2") ?? false;
}
