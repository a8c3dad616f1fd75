/**
 * Any Bedrock model through Converse and ConverseStream, the operations with one format for all models. The body is built
 * from an allow-list; what a model takes of it is data, see models.ts.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
import type { BedrockTarget, Family, ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../openai/parameters.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { refuseToolMessage } from "../text-messages.ts";
import { limitCachePoints } from "./cache-points.ts";
import { type ConverseEncoded, decodeBody, decodeStream } from "./decode.ts";
import { documentNames } from "./documents.ts";
import { buildConversation, type Conversation, placeSystem } from "./messages.ts";
import { type ConverseModel, converseModel } from "./models.ts";
import { planReasoning, type ReasoningPlan } from "./reasoning.ts";
import { type AnswerPlan, planAnswer } from "./response-format.ts";
import { callSettings, inferenceConfig, outputTokens } from "./settings.ts";
import { planTools, toolConfig } from "./tools.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<string> = new Set([
  ...["function_call", "functions", "metadata", "parallel_tool_calls", "reasoning_effort", "response_format"],
  ...["service_tier", "stop", "temperature", "tool_choice", "tools", "top_p"],
]);

/**
 * `api: converse`.
 * @param nativeFacts What the family that speaks to a target natively knows of its model; undefined where none does.
 */
export function converseFamily(nativeFacts: (target: BedrockTarget) => ModelFacts | undefined): Family {
  const facts = (target: BedrockTarget): ModelFacts => {
    const { contextWindow, maxOutput, capabilities } = nativeFacts(target) ?? {};
    const { streaming, tools, effort } = converseModel(target.model);
    return {
      contextWindow,
      maxOutput,
      capabilities: {
        tools,
        images: capabilities?.images ?? true,
        streaming: streaming !== "never",
        reasoning: capabilities?.reasoning ?? effort !== "none",
      },
    };
  };
  return {
    name: "converse",
    facts,
    encode: (request, target) => encode(request, target, facts(target)),
    decoder: decodeStream,
    decodeBody,
  };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, facts: ModelFacts): ConverseEncoded {
  const model = converseModel(target.model);
  const dropped = new Set(checkParameters(request, HANDLED));
  if (!model.tools) refuseToolMessages(request);
  const images = facts.capabilities?.images ?? true;
  const conversation = buildConversation(request.messages, { model, images, nameOf: documentNames() });
  const offered = planTools(request, model, conversation.calledTools, dropped);
  const plan = planAnswer(request, model, offered, dropped);
  const forcedTool = plan.mode?.type === "any" || plan.mode?.type === "tool";
  const wanted = outputTokens(request, facts.maxOutput, dropped);
  const company = { ...conversation, forcedTool };
  const reasoning = planReasoning(request, model, company, wanted, facts.maxOutput, dropped);
  const prompt = buildPrompt(conversation, plan, reasoning, model, target, dropped);
  const inference = inferenceConfig(request, model, reasoning, dropped);
  const body: JsonObject = {
    ...prompt,
    ...(Object.keys(inference).length > 0 && { inferenceConfig: inference }),
    ...outputConfig(plan, reasoning),
    ...(reasoning.fields && { additionalModelRequestFields: reasoning.fields }),
    ...callSettings(request, target, dropped),
  };
  return {
    body,
    operation: streams(request, model, plan.tools.length > 0) ? "converse-stream" : "converse",
    dropped: [...dropped].sort(),
    // Not every model takes them, and some leave them in their text.
    ...(request.stop.length > 0 && { decoding: { stop: request.stop } }),
    answer: {
      plainToolNames: model.plainToolNames,
      ...(plan.answerTool !== undefined && { answerTool: plan.answerTool }),
    },
  };
}

/** `messages`, `system` and `toolConfig`, with the cache points that the model takes. */
function buildPrompt(
  conversation: Conversation,
  plan: AnswerPlan,
  { replays }: ReasoningPlan,
  model: ConverseModel,
  target: BedrockTarget,
  dropped: Set<string>,
): JsonObject {
  const kept = replays ? conversation : withoutReasoning(conversation);
  const { system, messages } = placeSystem(kept, plan.instructions, model);
  const places = target.cache === "off" ? "nowhere" : model.cachePoints;
  const { tools, changed } = limitCachePoints({ tools: plan.tools, system, messages }, places);
  if (changed) dropped.add("cache_control");
  const config = toolConfig({ ...plan, tools }, model);
  return { messages, ...(system.length > 0 && { system }), ...(config && { toolConfig: config }) };
}

/** What a model cannot stream is asked for as a whole; the provider streams it to the client. */
function streams({ stream }: ChatRequest, { streaming }: ConverseModel, tools: boolean): boolean {
  return stream && (streaming === "always" || (streaming === "without tools" && !tools));
}

/** Claude takes its thinking back only while it thinks. */
function withoutReasoning(conversation: Conversation): Conversation {
  const messages = conversation.messages.map(({ role, content }) => ({
    role,
    content: content.filter((block) => !("reasoningContent" in block)),
  }));
  return { ...conversation, messages };
}

function outputConfig({ format }: AnswerPlan, { effort }: ReasoningPlan): JsonObject {
  if (format === undefined && effort === undefined) return {};
  return { outputConfig: { ...(format && { textFormat: format }), ...(effort !== undefined && { effort }) } };
}

function refuseToolMessages({ messages }: ChatRequest): void {
  for (const [index, message] of messages.entries()) {
    refuseToolMessage(message, `messages[${index}]`, "Use another model.");
  }
}
