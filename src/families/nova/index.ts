/**
 * Amazon Nova, through InvokeModel with the schema `messages-v1`. The body is built from an allow-list: Bedrock refuses
 * keys that it does not know and null for any key.
 * https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
 */
import type { BedrockTarget, Encoded, Family, ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../openai/parameters.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { novaModel } from "../catalogue/nova.ts";
import { limitCachePoints } from "./cache-points.ts";
import { decodeBody, decodeStream } from "./decode.ts";
import { buildConversation } from "./messages.ts";
import { planAnswer } from "./response-format.ts";
import { settings } from "./settings.ts";
import { planTools, toolConfig } from "./tools.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<string> = new Set([
  ...["function_call", "functions", "parallel_tool_calls", "reasoning_effort", "response_format", "stop"],
  ...["temperature", "tool_choice", "tools", "top_p"],
]);

function facts(target: BedrockTarget): ModelFacts {
  const { contextWindow, maxOutput, images, reasoning } = novaModel(target.model);
  return { contextWindow, maxOutput, capabilities: { tools: true, images, streaming: true, reasoning } };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): Encoded {
  const model = novaModel(target.model);
  const dropped = new Set(checkParameters(request, HANDLED));
  const conversation = buildConversation(request.messages, model.images);
  const plan = planAnswer(request, planTools(request, conversation.calledTools, dropped), dropped);
  const cached = model.caching && target.cache !== "off";
  if (limitCachePoints(conversation, cached)) dropped.add("cache_control");
  const system = [...conversation.system, ...plan.instructions.map((text) => ({ text }))];
  const tools = toolConfig(plan);
  const body: JsonObject = {
    schemaVersion: "messages-v1",
    ...(system.length > 0 && { system }),
    messages: conversation.messages,
    ...settings(request, model, dropped),
    ...(tools && { toolConfig: tools }),
  };
  const operation = request.stream ? "invoke-with-response-stream" : "invoke";
  return { body, operation, dropped: [...dropped].sort() };
}

/** `family: nova`. */
export const nova: Family = { name: "nova", facts, encode, decoder: decodeStream, decodeBody };
