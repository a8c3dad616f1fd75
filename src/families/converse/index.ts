/**
 * Any Bedrock model through Converse and ConverseStream, the operations with one format for all models. The body is built
 * from an allow-list; what a model takes of it is data, see models.ts.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
import type { BedrockTarget, Family, ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject, ResponseFormat } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { converseModel } from "../models/index.ts";
import { answersIn } from "../answer/decoder.ts";
import type { ShapedEncoded } from "../answer/writer.ts";
import { limitCachePoints } from "./cache-points.ts";
import { converseFormat, isReasoning } from "./content.ts";
import { converseAnswer, converseEvents } from "./decode.ts";
import { forcedChoices, planTools, toolConfig, toolSpec } from "./tools.ts";
import { said } from "../../lib/json.ts";
import { constrainableSchema } from "../request/constrainable-schema.ts";
import { type AnswerPlan, type JsonAbilities, planAnswer } from "../request/json-answer.ts";
import { unsupportedContent } from "../request/refusals.ts";
import { CHAT_PARAMETERS, heeded, outputTokens } from "../request/settings.ts";
import { refuseToolMessages } from "../request/text-conversation.ts";
import { buildConversation, type Conversation, withoutReasoning } from "../request/turns.ts";
import { documentBlocks } from "./documents.ts";
import { arrangeMessages } from "./messages.ts";
import { planReasoning, type ReasoningPlan } from "./reasoning.ts";
import { callSettings, inferenceConfig } from "./settings.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([...CHAT_PARAMETERS, "metadata", "service_tier"]);

/**
 * `api: converse`.
 * @param nativeFacts What the family that speaks to a target natively knows of its model; undefined where none does.
 */
export function converseFamily(nativeFacts: (target: BedrockTarget) => ModelFacts | undefined): Family {
  const facts = (target: BedrockTarget): ModelFacts => {
    const { contextWindow, maxOutput, capabilities } = nativeFacts(target) ?? {};
    const { streaming, tools, effort } = converseModel(target.model, target.family);
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
    ...answersIn(converseAnswer, converseEvents),
  };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, facts: ModelFacts): ShapedEncoded {
  const model = converseModel(target.model, target.family);
  const dropped = new Set(checkParameters(request, HANDLED));
  if (!model.tools) refuseToolMessages(request.messages);
  const images = facts.capabilities?.images ?? true;
  const document = model.documents ? documentBlocks() : refuseFile;
  const conversation = buildConversation(request.messages, converseFormat({ model, images, document }));
  const plan = answerPlan(request, model, conversation, dropped);
  const forcedTool = plan.mode?.type === "any" || plan.mode?.type === "tool";
  const wanted = outputTokens(request, facts.maxOutput, dropped);
  const limits = { ...conversation, forcedTool };
  const reasoning = planReasoning(request, model, limits, wanted, facts.maxOutput, dropped);
  const prompt = buildPrompt(conversation, plan, reasoning, model, target, dropped);
  const body = {
    ...prompt,
    inferenceConfig: inferenceConfig(request, model, reasoning, dropped),
    outputConfig: said({ textFormat: plan.format, effort: reasoning.effort }),
    additionalModelRequestFields: reasoning.fields,
    ...callSettings(request, target, dropped),
  };
  return {
    body: said(body),
    operation: streams(request, model, plan.tools.length > 0) ? "converse-stream" : "converse",
    dropped: [...dropped].sort(),
    // Not every model takes them, and some leave them in their text.
    ...heeded(request.stop),
    shape: { plainToolNames: model.plainToolNames, answerTool: plan.answerTool },
  };
}

function refuseFile({ param }: { readonly param: string }): never {
  throw unsupportedContent(param, "This model takes no files: leave them out or use another model.");
}

function answerPlan(
  request: ChatRequest,
  model: ConverseModel,
  { calledTools }: Conversation,
  dropped: Set<string>,
): AnswerPlan {
  const abilities: JsonAbilities = {
    trusted: true,
    forces: forcedChoices(model),
    tool: (name, about, schema) => toolSpec(model, name, about, schema),
    native: model.structuredOutput ? textFormat : undefined,
  };
  return planAnswer(request, planTools(request, model, calledTools, dropped), abilities, dropped);
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_JsonSchemaDefinition.html */
function textFormat({
  name,
  description,
  schema,
}: Extract<ResponseFormat, { type: "json_schema" }>): JsonObject | undefined {
  const constrained = constrainableSchema(schema);
  if (constrained === undefined) return undefined;
  const definition = said({ schema: JSON.stringify(constrained), name, description });
  return { type: "json_schema", structure: { jsonSchema: definition } };
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
  // Claude takes its thinking back only while it thinks.
  const kept = replays ? conversation.messages : withoutReasoning(conversation.messages, isReasoning);
  const { system, messages } = arrangeMessages({ ...conversation, messages: kept }, plan.instructions, model);
  const places = target.cache === "off" ? "nowhere" : model.cachePoints;
  const { tools, changed } = limitCachePoints({ tools: plan.tools, system, messages }, places);
  if (changed) dropped.add("cache_control");
  return { messages, system, toolConfig: toolConfig({ ...plan, tools }, model) };
}

/** What a model cannot stream is asked for as a whole; the provider streams it to the client. */
function streams({ stream }: ChatRequest, { streaming }: ConverseModel, tools: boolean): boolean {
  return stream && (streaming === "always" || (streaming === "without tools" && !tools));
}
