/**
 * Amazon Nova, through InvokeModel with the schema `messages-v1`, which is Converse's but for a few fields. The body is
 * built from an allow-list: Bedrock refuses keys that it does not know and null for any key.
 * https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
 */
import type { BedrockTarget, Family } from "../../contracts.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import type { ConverseModel } from "../models/facts.ts";
import { converseModel, modelFacts, novaModel } from "../models/index.ts";
import { answersIn } from "../answer/decoder.ts";
import type { ShapedEncoded } from "../answer/writer.ts";
import { converseFormat } from "../converse/content.ts";
import { forcedChoices, planTools, toolConfig, toolSpec } from "../converse/tools.ts";
import { type AnswerPlan, planAnswer } from "../request/json-answer.ts";
import { objectSchema } from "../request/object-schema.ts";
import { unsupportedContent } from "../request/refusals.ts";
import { CHAT_PARAMETERS, heeded, invocation } from "../request/settings.ts";
import { buildConversation } from "../request/turns.ts";
import { placeCachePoints } from "./cache-points.ts";
import { novaAnswer, novaChunks } from "./decode.ts";
import { settings } from "./settings.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>(CHAT_PARAMETERS);

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): ShapedEncoded {
  const model = novaModel(target.model);
  const rules: ConverseModel = {
    ...converseModel(target.model, "nova"),
    resultStatus: "always",
    saysAuto: true,
  };
  const dropped = new Set(checkParameters(request, HANDLED));
  const conversation = buildConversation(request.messages, {
    ...converseFormat({ model: rules, images: model.images, document: refuseFile }),
    reasoning: () => undefined,
    prefill: "as it stands",
  });
  const plan = answerPlan(request, rules, conversation.calledTools, dropped);
  const places = target.cache === "off" ? "nowhere" : rules.cachePoints;
  const { tools, changed } = placeCachePoints({ ...conversation, tools: plan.tools }, places);
  if (changed) dropped.add("cache_control");
  const system = [...conversation.system, ...plan.instructions.map((text) => ({ text }))];
  const config = toolConfig({ ...plan, tools }, rules);
  const body: JsonObject = {
    schemaVersion: "messages-v1",
    system,
    messages: conversation.messages,
    ...settings(request, model, dropped),
    toolConfig: config,
  };
  return {
    ...invocation(request, body, dropped),
    // Nova leaves the stop sequence in its text, where OpenAI does not.
    ...heeded(request.stop),
    shape: {
      plainToolNames: true,
      // With tools it plans in such tags; without tools they are what the user asked for.
      reasoningTags: config === undefined ? [] : ["thinking"],
      answerTool: plan.answerTool,
    },
  };
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
  dropped: Set<string>,
): AnswerPlan {
  const tools = planTools(request, rules, calledTools, dropped);
  const tool = (name: string, about: string, schema: JsonObject): JsonObject | undefined =>
    namesProperties(schema) ? toolSpec(rules, name, about, schema) : undefined;
  return planAnswer(request, tools, { tool, forces: forcedChoices(rules) }, dropped);
}

/** An open map cannot be decoded under constraints. */
function namesProperties(schema: JsonObject): boolean {
  return schema.additionalProperties === false || Object.keys(objectSchema(schema).properties).length > 0;
}

/** `family: nova`. */
export const nova: Family = {
  name: "nova",
  facts: ({ model }) => modelFacts(novaModel(model)),
  encode,
  ...answersIn(novaAnswer, novaChunks),
};
