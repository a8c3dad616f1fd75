/**
 * Claude on Bedrock, through InvokeModel. The body is built from an allow-list: Bedrock refuses keys that it does not know
 * and null for any key. There is no `model` and no `stream` in it; both are in the path.
 */
import type { BedrockTarget, Encoded, Family, ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../openai/parameters.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { claudeModel } from "../catalogue.ts";
import { limitCacheControl } from "./cache-control.ts";
import { decodeBody, decodeStream } from "./decode.ts";
import { buildConversation, type Conversation } from "./messages.ts";
import { type AnswerPlan, planAnswer } from "./response-format.ts";
import { outputTokens, samplingFields, stopFields } from "./sampling.ts";
import { planThinking, type ThinkingPlan } from "./thinking.ts";
import { planTools, toolChoiceField } from "./tools.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<string> = new Set([
  ...["function_call", "functions", "parallel_tool_calls", "reasoning_effort", "response_format", "stop"],
  ...["temperature", "tool_choice", "tools", "top_p"],
]);

function facts(target: BedrockTarget): ModelFacts {
  const { contextWindow, maxOutput, tools, images, thinking } = claudeModel(target.model);
  const reasoning = thinking !== "none";
  return { contextWindow, maxOutput, capabilities: { tools, images, streaming: true, reasoning } };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): Encoded {
  const model = claudeModel(target.model);
  const dropped = new Set(checkParameters(request, HANDLED));
  const conversation = buildConversation(request.messages, model);
  const tools = planTools(request, model, conversation.calledTools, dropped);
  const plan = planAnswer(request, model, tools, dropped);
  const company = {
    ...conversation,
    forcedTool: plan.choice?.type === "any" || plan.choice?.type === "tool",
  };
  const maxTokens = outputTokens(request, model, dropped);
  const thinking = planThinking(request, model, company, maxTokens, dropped);
  const system = [...conversation.system, ...plan.instructions.map((text) => ({ type: "text", text }))];
  const toolChoice = toolChoiceField(plan, request, model, dropped);
  const body: JsonObject = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: thinking.maxTokens,
    ...(system.length > 0 && { system }),
    messages: thinking.thinking ? conversation.messages : withoutThinking(conversation.messages),
    ...(plan.tools.length > 0 && { tools: plan.tools }),
    ...(toolChoice && { tool_choice: toolChoice }),
    ...(thinking.thinking && { thinking: thinking.thinking }),
    ...outputConfig(plan, thinking),
    ...samplingFields(request, model, thinking.thinking !== undefined, dropped),
    ...stopFields(request, dropped),
  };
  const cached = model.caching && target.cache !== "off";
  if (limitCacheControl(promptBlocks(plan, conversation), cached)) dropped.add("cache_control");
  const operation = request.stream ? "invoke-with-response-stream" : "invoke";
  return { body, operation, dropped: [...dropped].sort() };
}

/** Thinking blocks are only for turns that think. */
function withoutThinking(messages: Conversation["messages"]): Conversation["messages"] {
  return messages.map(({ role, content }) => ({
    role,
    content: content.filter(({ type }) => type !== "thinking" && type !== "redacted_thinking"),
  }));
}

function outputConfig({ format }: AnswerPlan, { effort }: ThinkingPlan): JsonObject {
  if (format === undefined && effort === undefined) return {};
  return { output_config: { ...(effort !== undefined && { effort }), ...(format && { format }) } };
}

/** Everything that may carry a cache breakpoint, in the order in which Claude reads it. */
function promptBlocks(plan: AnswerPlan, { system, messages }: Conversation): JsonObject[] {
  return [...plan.tools, ...system, ...messages.flatMap(({ content }) => content)];
}

/** `family: anthropic`. */
export const anthropic: Family = { name: "anthropic", facts, encode, decoder: decodeStream, decodeBody };
