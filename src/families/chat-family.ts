/**
 * A family whose models take OpenAI's chat completion as their body. The body is built from an allow-list: Bedrock
 * refuses keys that it does not know and null for any key. `model` and `stream` are in the path.
 */
import type { Family } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { checkParameters } from "../openai/parameters.ts";
import type { ChatRequest, JsonObject, ReasoningEffort } from "../openai/types.ts";
import { type ChatAnswerPlan, planChatAnswer } from "./chat-answer.ts";
import { chatMessages } from "./chat-messages.ts";
import type { ChatModel } from "./chat-model.ts";
import { type ChatEncoded, chatBody, chatDecoder, chatShapeOf } from "./chat-shape.ts";
import { planChatTools } from "./chat-tools.ts";
import { refuseToolMessage } from "./text-messages.ts";

/** Asked for where neither client nor configuration nor catalogue says: servers' own defaults go down to 16. */
const DEFAULT_MAX_TOKENS = 4096;
/** From the least to the most. */
const EFFORTS: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** The request parameters that are honoured, refused or reported here, whatever the model. */
const HANDLED = [
  ...["function_call", "functions", "parallel_tool_calls", "reasoning_effort", "response_format", "stop"],
  ...["temperature", "tool_choice", "tools", "top_p"],
];
const PENALTIES = ["frequency_penalty", "presence_penalty"];

/**
 * @param name What `family:` takes.
 * @param modelOf The catalogue's row for a configured model id or ARN.
 */
export function chatFamily(name: string, modelOf: (model: string) => ChatModel): Family {
  return {
    name,
    facts(target) {
      const { contextWindow, maxOutput, tools, images, reasoning } = modelOf(target.model);
      return { contextWindow, maxOutput, capabilities: { tools, images, streaming: true, reasoning } };
    },
    encode: (request, target) => encodeChat(request, modelOf(target.model)),
    decoder: (encoded) => chatDecoder(chatShapeOf(encoded)),
    decodeBody: (body, headers, encoded) => chatBody(body, headers, chatShapeOf(encoded)),
  };
}

/**
 * The body for a model, and what its decoder has to know.
 * @throws RouterError with `param` for what the model cannot do.
 */
export function encodeChat(request: ChatRequest, model: ChatModel): ChatEncoded {
  const own = [...(model.penalties ? PENALTIES : []), ...(model.seed ? ["seed"] : [])];
  const dropped = new Set(checkParameters(request, new Set([...HANDLED, ...own])));
  const tools = planChatTools(request, model, dropped);
  const plan = planChatAnswer(request, model, tools, dropped);
  if (!model.tools) refuseToolMessages(request);
  const body: JsonObject = {
    messages: chatMessages(request.messages, model, plan.instructions),
    [model.maxTokensField]: outputTokens(request, model, dropped),
    ...sampling(request, model, dropped),
    ...numbers(request, own),
    ...stopField(request, model),
    ...toolFields(request, plan, model, dropped),
    ...(plan.format && { response_format: plan.format }),
    ...effortField(request, model, dropped),
  };
  const { rawToolCalls = false, ...shape } = model.shape;
  const answerTool = plan.answerTool === undefined ? {} : { answerTool: plan.answerTool };
  return {
    body,
    operation: request.stream ? "invoke-with-response-stream" : "invoke",
    dropped: [...dropped].sort(),
    chat: { ...shape, ...answerTool, rawToolCalls: rawToolCalls && plan.tools.length > 0 },
  };
}

function refuseToolMessages({ messages }: ChatRequest): void {
  for (const [index, message] of messages.entries()) {
    refuseToolMessage(message, `messages[${index}]`, "Use another model.");
  }
}

function outputTokens({ maxTokens }: ChatRequest, { maxOutput }: ChatModel, dropped: Set<string>): number {
  const wanted = maxTokens ?? DEFAULT_MAX_TOKENS;
  const granted = Math.min(wanted, maxOutput ?? wanted);
  if (maxTokens !== undefined && granted < maxTokens) dropped.add("max_tokens");
  return granted;
}

function sampling(
  { temperature, topP }: ChatRequest,
  { maxTemperature, leastTopP }: ChatModel,
  dropped: Set<string>,
): JsonObject {
  if (temperature !== undefined && temperature > maxTemperature) dropped.add("temperature");
  return {
    ...(temperature !== undefined && { temperature: Math.min(temperature, maxTemperature) }),
    // Nothing is lost: so small a share of the probability leaves only the likeliest token.
    ...(topP !== undefined && { top_p: Math.max(topP, leastTopP) }),
  };
}

/** Numbers under OpenAI's names; a penalty of 0 is none. */
function numbers({ raw }: ChatRequest, names: readonly string[]): JsonObject {
  const given = names.flatMap((name): [string, number][] => {
    const value = raw[name];
    return typeof value === "number" && (value !== 0 || name === "seed") ? [[name, value]] : [];
  });
  return Object.fromEntries(given);
}

function stopField({ stop }: ChatRequest, { maxStops }: ChatModel): JsonObject {
  const sequences = stop.filter((sequence) => sequence !== "");
  if (sequences.length > (maxStops ?? sequences.length)) {
    const limit = maxStops === 0 ? "no stop sequences" : `at most ${maxStops} stop sequences`;
    const text = `This model takes ${limit}. Leave some out or use another model.`;
    throw new RouterError("unsupported_parameter", text, { param: "stop" });
  }
  return sequences.length > 0 ? { stop: sequences } : {};
}

function toolFields(
  { parallelToolCalls }: ChatRequest,
  { tools, choice }: ChatAnswerPlan,
  model: ChatModel,
  dropped: Set<string>,
): JsonObject {
  if (tools.length === 0) return {};
  const serial = parallelToolCalls === false && choice !== "none";
  if (serial && !model.parallelToolCalls) dropped.add("parallel_tool_calls");
  return {
    tools,
    ...(choice !== undefined && { tool_choice: choice }),
    ...(serial && model.parallelToolCalls && { parallel_tool_calls: false }),
  };
}

/** The nearest effort that the model knows; one step of the least is not worth a report. */
function effortField(
  { reasoningEffort }: ChatRequest,
  { efforts, reasoning }: ChatModel,
  dropped: Set<string>,
): JsonObject {
  if (reasoningEffort === undefined) return {};
  const wanted = EFFORTS.indexOf(reasoningEffort);
  // Only "none" itself turns reasoning off.
  const levels = efforts.filter((effort) => effort !== "none" || reasoningEffort === "none");
  const nearest = levels.findLast((effort) => EFFORTS.indexOf(effort) <= wanted) ?? levels[0];
  const unheard =
    nearest === undefined ? reasoning || reasoningEffort !== "none" : nearest !== reasoningEffort;
  if (unheard && !(nearest === "low" && reasoningEffort === "minimal")) dropped.add("reasoning_effort");
  return nearest === undefined ? {} : { reasoning_effort: nearest };
}
