/**
 * Claude on Bedrock, through InvokeModel. The body is built from an allow-list: Bedrock refuses keys that it does not know
 * and null for any key. There is no `model` and no `stream` in it; both are in the path.
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import { checkParameters, type Loss } from "../../chat/parameters.ts";
import type { Refused } from "../../chat/refusable.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import type { ClaudeModel } from "../models/facts.ts";
import { claudeModel, modelFacts } from "../models/index.ts";
import { claudeWithout, NONE_REFUSED } from "../models/refused.ts";
import { familyCall } from "../answer/decoder.ts";
import { withoutEmpty } from "../../lib/json.ts";
import { planThinking } from "../request/thinking.ts";
import type { AnswerPlan } from "../request/json-answer.ts";
import { CHAT_PARAMETERS, invocation, outputTokens, samplingFields } from "../request/settings.ts";
import { toolBook } from "../request/tool-book.ts";
import { buildConversation, type Conversation, withoutReasoning } from "../request/turns.ts";
import { limitCacheControl } from "./cache-control.ts";
import { CLAUDE_TOOLS, claudeFormat, isReasoning } from "./content.ts";
import { claudeAnswer, claudeChunks } from "./decode.ts";
import { freeBetas } from "./messages/betas.ts";
import { editBody, isEditable } from "./messages/body.ts";
import { planAnswerTools, toolChoiceField } from "./tools.ts";

export const READING = { format: claudeAnswer, messagesOf: claudeChunks };

/** The request parameters that {@link writtenCall} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([...CHAT_PARAMETERS, "top_k"]);

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget): FamilyCall {
  const { refused = NONE_REFUSED } = target;
  const model = claudeWithout(claudeModel(target.model), refused);
  return isEditable(request, model, { refused })
    ? editedCall(request, model, target)
    : writtenCall(request, model, target);
}

/** The body of a client that speaks Claude's own API, edited. */
function editedCall(request: ChatRequest, model: ClaudeModel, target: BedrockTarget): FamilyCall {
  const { tokens: maxTokens } = outputTokens(request, model.maxOutput);
  const { cache, guardrail, refused } = target;
  const { text, dropped } = editBody(request, model, {
    ...{ surface: "invoke", modelId: target.model, maxTokens, cache, refused },
  });
  // What a guardrail puts in the model's place is no event of Claude's.
  const native = guardrail === undefined ? ({ native: "anthropic-messages" } as const) : {};
  const operation = request.stream ? "invoke-with-response-stream" : "invoke";
  return familyCall({ operation, body: {}, text, dropped, ...native }, READING);
}

export interface WriteOptions {
  readonly cache?: BedrockTarget["cache"] | undefined;
  readonly refused?: Refused | undefined;
}

/** The body of any other request. */
export function writtenCall(
  request: ChatRequest,
  model: ClaudeModel,
  { cache, refused = NONE_REFUSED }: WriteOptions,
): FamilyCall {
  const unread = checkParameters(request, HANDLED);
  const book = toolBook(request, CLAUDE_TOOLS);
  const conversation = buildConversation(request.messages, claudeFormat(model, book));
  const plan = planAnswerTools(request, model, conversation.calledTools, book);
  const forcedTool = plan.mode?.type === "any" || plan.mode?.type === "tool";
  const output = outputTokens(request, model.maxOutput);
  const { thinking, effort, maxTokens, replays, ...thought } = planThinking(request, {
    model,
    limits: { ...conversation, forcedTool },
    maxTokens: output.tokens,
    cap: model.maxOutput,
  });
  const system = [...conversation.system, ...plan.instructions.map((text) => ({ type: "text", text }))];
  // Thinking blocks are only for turns that think.
  const messages = replays ? conversation.messages : withoutReasoning(conversation.messages, isReasoning);
  // While it thinks, Claude takes none.
  const sampled = samplingFields(request, { takes: thinking ? "none" : model.sampling });
  const top = topK(request, thinking === undefined && model.sampling !== "none");
  const choice = toolChoiceField(plan, request, model);
  const stops = stopSequences(request, !refused.has("stop"));
  const body: JsonObject = {
    anthropic_version: "bedrock-2023-05-31",
    anthropic_beta: freeBetas(request.source),
    max_tokens: maxTokens,
    system,
    messages,
    tools: plan.tools,
    tool_choice: choice.field,
    thinking,
    output_config: withoutEmpty({ effort, format: plan.format }),
    ...sampled.fields,
    ...top.fields,
    stop_sequences: stops.sequences,
  };
  const cached = model.caching && cache !== "off";
  const takes = !cached ? "nothing" : model.hourCache ? "hours" : "minutes";
  const moved = limitCacheControl(promptBlocks(plan, conversation), takes);
  const dropped: readonly Loss[] = [
    ...[plan, output, thought, sampled, top, choice].flatMap((part) => part.dropped),
    ...(moved ? (["cache_control"] as const) : []),
  ];
  return familyCall(invocation(request, { body, unread, dropped }), {
    ...READING,
    shape: { answerTool: plan.answerTool, calls: book.client, stops: stops.own },
  });
}

/**
 * `stop_sequences`, and those at which the answer is cut here: of white space only, which Claude refuses, or all.
 * @param taken The model takes the field.
 */
function stopSequences(
  { stop }: ChatRequest,
  taken: boolean,
): { readonly sequences: readonly string[]; readonly own: readonly string[] } {
  const takes = (sequence: string): boolean => taken && /\S/.test(sequence);
  const own = stop.filter((sequence) => sequence !== "" && !takes(sequence));
  return { sequences: stop.filter(takes), own };
}

function topK(
  { topK: wanted }: ChatRequest,
  taken: boolean,
): { readonly fields: JsonObject; readonly dropped: readonly Loss[] } {
  if (wanted === undefined || taken) return { fields: { top_k: wanted }, dropped: [] };
  return { fields: {}, dropped: ["top_k"] };
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
};
