/**
 * Amazon Nova, through InvokeModel with the schema `messages-v1`, which is Converse's but for a few fields. The body is
 * built from an allow-list: Bedrock refuses keys that it does not know and null for any key.
 * https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import { checkParameters, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { converseModel, modelFacts, novaModel } from "../models/index.ts";
import { familyCall } from "../answer/decoder.ts";
import { converseFormat } from "../converse/content.ts";
import { converseTools, forcedChoices, planTools, toolConfig, toolSpec } from "../converse/tools.ts";
import { asObject } from "../../lib/json.ts";
import { type AnswerPlan, type JsonAbilities, planAnswer } from "../request/json-answer.ts";
import { unsupportedContent } from "../request/refusals.ts";
import { CHAT_PARAMETERS, invocation, stopSequences } from "../request/settings.ts";
import { type ToolBook, toolBook } from "../request/tool-book.ts";
import { buildConversation } from "../request/turns.ts";
import { placeCachePoints } from "./cache-points.ts";
import { novaAnswer, novaChunks } from "./decode.ts";
import { settings } from "./settings.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([...CHAT_PARAMETERS, "top_k"]);

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): FamilyCall {
  const model = novaModel(target.model);
  const rules: ConverseModel = {
    ...converseModel(target.model, "nova"),
    resultStatus: "always",
    saysAuto: true,
  };
  const unread = checkParameters(request, HANDLED);
  const book = toolBook(request, converseTools(rules));
  const conversation = buildConversation(request.messages, {
    ...converseFormat({ model: rules, book, images: model.images, document: refuseFile }),
    reasoning: () => undefined,
    prefill: "as it stands",
  });
  const plan = answerPlan(request, rules, conversation.calledTools, book);
  const places = target.cache === "off" ? "nowhere" : rules.cachePoints;
  const { tools, changed } = placeCachePoints({ ...conversation, tools: plan.tools }, places);
  const system = [...conversation.system, ...plan.instructions.map((text) => ({ text }))];
  const config = toolConfig({ ...plan, tools }, rules);
  const own = settings(request, model);
  const body: JsonObject = {
    schemaVersion: "messages-v1",
    system,
    messages: conversation.messages,
    ...own.fields,
    toolConfig: config,
  };
  const dropped: readonly Loss[] = [
    ...plan.dropped,
    ...own.dropped,
    ...(changed ? (["cache_control"] as const) : []),
  ];
  return familyCall(invocation(request, { body, unread, dropped }), {
    format: novaAnswer,
    messagesOf: novaChunks,
    shape: {
      calls: book.client,
      // With tools it plans in such tags; without tools they are what the user asked for.
      reasoningTags: config === undefined ? [] : ["thinking"],
      answerTool: plan.answerTool,
      // Nova leaves the stop sequence in its text, where OpenAI does not.
      stops: stopSequences(request),
    },
  });
}

function refuseFile({ param }: { readonly param: string }): never {
  throw unsupportedContent(
    param,
    'Nova takes documents only through the Converse API: set "api: converse" at this model.',
  );
}

/** JSON is a tool's input, which is decoded under constraints. */
function answerPlan(
  request: ChatRequest,
  rules: ConverseModel,
  calledTools: ReadonlySet<string>,
  book: ToolBook,
): AnswerPlan {
  const tools = planTools(request, rules, calledTools, book);
  const { responseFormat: wanted } = request;
  const closed = wanted.type === "json_schema" && wanted.schema.additionalProperties === false;
  // An open map cannot be decoded under constraints.
  const tool: JsonAbilities["tool"] = (answer) =>
    closed || Object.keys(asObject(answer.parameters.properties) ?? {}).length > 0
      ? toolSpec(answer)
      : undefined;
  return planAnswer(request, tools, { book, tool, forces: forcedChoices(rules) });
}

/** `family: nova`. */
export const nova: Family = { name: "nova", facts: ({ model }) => modelFacts(novaModel(model)), encode };
