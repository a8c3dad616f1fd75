/**
 * Any Bedrock model through Converse and ConverseStream, the operations with one format for all models. The body is built
 * from an allow-list; what a model takes of it is data, in the table of models.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import type { ModelFacts } from "../../contracts.ts";
import { checkParameters, droppedNames, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject, ResponseFormat } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { converseModel } from "../models/index.ts";
import { converseWithout, NONE_REFUSED } from "../models/refused.ts";
import { familyCall } from "../answer/decoder.ts";
import { limitCachePoints } from "./cache-points.ts";
import { converseFormat, isReasoning } from "./content.ts";
import { converseAnswer, converseEvents } from "./decode.ts";
import { converseTools, forcedChoices, planTools, toolConfig, toolSpec } from "./tools.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { constrainableSchema } from "../request/constrainable-schema.ts";
import { type AnswerPlan, type JsonAbilities, planAnswer } from "../request/json-answer.ts";
import { unsupportedContent } from "../request/refusals.ts";
import { CHAT_PARAMETERS, outputTokens, type Sent, stopSequences } from "../request/settings.ts";
import { refuseToolMessages } from "../request/text-conversation.ts";
import { type ToolBook, toolBook } from "../request/tool-book.ts";
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
  };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, facts: ModelFacts): FamilyCall {
  const model = converseWithout(converseModel(target.model, target.family), target.refused ?? NONE_REFUSED);
  const unread = checkParameters(request, HANDLED);
  if (!model.tools) refuseToolMessages(request.messages);
  const images = facts.capabilities?.images ?? true;
  const document = model.documents ? documentBlocks() : refuseFile;
  const book = toolBook(request, converseTools(model));
  const format = converseFormat({ model, book, images, document });
  const conversation = buildConversation(request.messages, format);
  const plan = answerPlan(request, model, conversation, book);
  const forcedTool = plan.mode?.type === "any" || plan.mode?.type === "tool";
  const output = outputTokens(request, facts.maxOutput);
  const reasoning = planReasoning(request, {
    model,
    limits: { ...conversation, forcedTool },
    maxTokens: output.tokens,
    cap: facts.maxOutput,
  });
  const prompt = buildPrompt({ conversation, plan, reasoning, model, target });
  const inference = inferenceConfig(request, model, reasoning);
  const settings = callSettings(request, target);
  const body = {
    ...prompt.fields,
    inferenceConfig: inference.config,
    outputConfig: withoutEmpty({ textFormat: plan.format, effort: reasoning.effort }),
    additionalModelRequestFields: {
      ...reasoning.fields,
      // GPT constrains an answer only where this is said, too.
      ...(plan.format && model.structuredOutput === "strict" && { text: { format: { strict: true } } }),
    },
    ...settings.fields,
  };
  const parts = [plan, output, reasoning, prompt, inference, settings];
  const sent: Sent = {
    body: withoutEmpty(body),
    operation: streams(request, model, plan.tools.length > 0) ? "converse-stream" : "converse",
    dropped: droppedNames(
      request,
      unread,
      parts.flatMap(({ dropped }) => dropped),
    ),
  };
  return familyCall(sent, {
    format: converseAnswer,
    messagesOf: converseEvents,
    // Not every model takes stop sequences, and some leave them in their text.
    shape: { calls: book.client, answerTool: plan.answerTool, stops: stopSequences(request) },
  });
}

function refuseFile({ param }: { readonly param: string }): never {
  throw unsupportedContent(param, "This model takes no files: leave them out or use another model.");
}

function answerPlan(
  request: ChatRequest,
  model: ConverseModel,
  { calledTools }: Conversation,
  book: ToolBook,
): AnswerPlan {
  const abilities: JsonAbilities = {
    book,
    trusted: true,
    forces: forcedChoices(model),
    tool: toolSpec,
    native: model.structuredOutput ? textFormat : undefined,
  };
  return planAnswer(request, planTools(request, model, calledTools, book), abilities);
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_JsonSchemaDefinition.html */
function textFormat({
  name,
  description,
  schema,
}: Extract<ResponseFormat, { type: "json_schema" }>): JsonObject | undefined {
  const constrained = constrainableSchema(schema);
  if (constrained === undefined) return undefined;
  const definition = withoutEmpty({ schema: jsonText(constrained), name, description });
  return { type: "json_schema", structure: { jsonSchema: definition } };
}

interface PromptParts {
  readonly conversation: Conversation;
  readonly plan: AnswerPlan;
  readonly reasoning: ReasoningPlan;
  readonly model: ConverseModel;
  readonly target: BedrockTarget;
}

/** `messages`, `system` and `toolConfig`, with the cache points that the model takes. */
function buildPrompt({ conversation, plan, reasoning, model, target }: PromptParts): {
  readonly fields: JsonObject;
  readonly dropped: readonly Loss[];
} {
  // Claude takes its thinking back only while it thinks.
  const kept = reasoning.replays
    ? conversation.messages
    : withoutReasoning(conversation.messages, isReasoning);
  const { system, messages } = arrangeMessages({ ...conversation, messages: kept }, plan.instructions, model);
  const places = target.cache === "off" ? "nowhere" : model.cachePoints;
  const { tools, changed } = limitCachePoints(
    { tools: plan.tools, system, messages },
    places,
    model.claude?.hourCache,
  );
  return {
    fields: { messages, system, toolConfig: toolConfig({ ...plan, tools }, model) },
    dropped: changed ? ["cache_control"] : [],
  };
}

/** What a model cannot stream is asked for as a whole; the provider streams it to the client. */
function streams({ stream }: ChatRequest, { streaming }: ConverseModel, tools: boolean): boolean {
  return stream && (streaming === "always" || (streaming === "without tools" && !tools));
}
