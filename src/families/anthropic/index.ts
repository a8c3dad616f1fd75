/**
 * Claude on Bedrock, through InvokeModel. The body is built from an allow-list: Bedrock refuses keys that it does not know
 * and null for any key. There is no `model` and no `stream` in it; both are in the path.
 */
import type { BedrockTarget, Family } from "../../contracts.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { claudeModel, modelFacts } from "../models/index.ts";
import { answersIn } from "../answer/decoder.ts";
import type { ShapedEncoded } from "../answer/writer.ts";
import { said } from "../../lib/json.ts";
import { planThinking } from "../request/thinking.ts";
import type { AnswerPlan } from "../request/json-answer.ts";
import { CHAT_PARAMETERS, invocation, outputTokens, samplingFields } from "../request/settings.ts";
import { buildConversation, type Conversation, withoutReasoning } from "../request/turns.ts";
import { limitCacheControl } from "./cache-control.ts";
import { claudeFormat, isReasoning } from "./content.ts";
import { claudeAnswer, claudeChunks } from "./decode.ts";
import { planAnswerTools, toolChoiceField } from "./tools.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>(CHAT_PARAMETERS);

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): ShapedEncoded {
  const model = claudeModel(target.model);
  const dropped = new Set(checkParameters(request, HANDLED));
  const conversation = buildConversation(request.messages, claudeFormat(model));
  const plan = planAnswerTools(request, model, conversation.calledTools, dropped);
  const forcedTool = plan.mode?.type === "any" || plan.mode?.type === "tool";
  const limits = { ...conversation, forcedTool };
  const wanted = outputTokens(request, model.maxOutput, dropped);
  const { thinking, effort, maxTokens } = planThinking(
    request,
    model,
    limits,
    wanted,
    model.maxOutput,
    dropped,
  );
  const system = [...conversation.system, ...plan.instructions.map((text) => ({ type: "text", text }))];
  // Thinking blocks are only for turns that think.
  const messages = thinking ? conversation.messages : withoutReasoning(conversation.messages, isReasoning);
  const body: JsonObject = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: maxTokens,
    system,
    messages,
    tools: plan.tools,
    tool_choice: toolChoiceField(plan, request, model, dropped),
    thinking,
    output_config: said({ effort, format: plan.format }),
    // While it thinks, Claude takes neither.
    ...samplingFields(request, dropped, { takes: thinking ? "none" : model.sampling }),
    stop_sequences: stopSequences(request, dropped),
  };
  const cached = model.caching && target.cache !== "off";
  if (limitCacheControl(promptBlocks(plan, conversation), cached)) dropped.add("cache_control");
  return { ...invocation(request, body, dropped), shape: { answerTool: plan.answerTool } };
}

/** `stop_sequences`, without those of white space only, which Claude refuses. */
function stopSequences({ stop }: ChatRequest, dropped: Set<string>): string[] {
  const sequences = stop.filter((sequence) => /\S/.test(sequence));
  if (sequences.length < stop.length) dropped.add("stop");
  return sequences;
}

/** Everything that may carry a cache breakpoint, in the order in which Claude reads it. */
function promptBlocks(plan: AnswerPlan, { system, messages }: Conversation): JsonObject[] {
  return [...plan.tools, ...system, ...messages.flatMap(({ content }) => content)];
}

/** `family: anthropic`. */
export const anthropic: Family = {
  name: "anthropic",
  facts: ({ model }) => modelFacts(claudeModel(model)),
  encode,
  ...answersIn(claudeAnswer, claudeChunks),
};
