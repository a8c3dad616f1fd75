/**
 * Cohere Command R and R+, through InvokeModel. The legacy Command models take a bare prompt; of them only answers are
 * understood.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 */
import type { BedrockTarget, Encoded, Family } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { plainNumber } from "../../lib/exact-json.ts";
import type { CohereModel } from "../models/facts.ts";
import { cohereModel, modelFacts } from "../models/index.ts";
import { answersIn } from "../answer/decoder.ts";
import { promptedAnswer } from "../request/json-answer.ts";
import {
  invocation,
  joinTexts,
  outputTokens,
  stopSequences,
  TEXT_PARAMETERS,
  TOOL_PARAMETERS,
} from "../request/settings.ts";
import { cohereAnswer } from "./decode.ts";
import { buildConversation } from "./messages.ts";
import { callableTools, toolDefinition } from "./tools.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([
  ...TEXT_PARAMETERS,
  ...TOOL_PARAMETERS,
  "frequency_penalty",
  "parallel_tool_calls",
  "presence_penalty",
  "seed",
]);

/** Cohere's range of `p`. */
const LEAST_P = 0.01;
const MOST_P = 0.99;

/**
 * @throws RouterError `config_invalid` for the legacy Command models, and with `param` for what Command R cannot do.
 */
function encode(request: ChatRequest, target: BedrockTarget): Encoded {
  const model = cohereModel(target.model);
  if (model.form === "text") throw legacyModel(target);
  const dropped = new Set(checkParameters(request, HANDLED));
  const tools = callableTools(request, dropped);
  const { message, history, toolResults, system } = buildConversation(request.messages, tools);
  const body: JsonObject = {
    chat_history: history,
    message,
    preamble: joinTexts(system, promptedAnswer(request, dropped)),
    tools: tools.map(toolDefinition),
    tool_results: toolResults,
    ...settings(request, model, dropped),
  };
  return invocation(request, body, dropped);
}

function legacyModel({ name, model }: BedrockTarget): RouterError {
  const text = `llms.${name}.model is "${model}", a legacy Cohere Command model that takes no conversations. Use cohere.command-r-v1:0 or cohere.command-r-plus-v1:0 instead.`;
  return new RouterError("config_invalid", text);
}

function settings(request: ChatRequest, { maxOutput }: CohereModel, dropped: Set<string>): JsonObject {
  const { temperature, topP } = request;
  const within = (
    name: string,
    value: number | undefined,
    least: number,
    most: number,
  ): number | undefined => {
    if (value === undefined) return undefined;
    const kept = Math.min(Math.max(value, least), most);
    if (kept !== value) dropped.add(name);
    return kept;
  };
  return {
    max_tokens: outputTokens(request, maxOutput, dropped),
    temperature: within("temperature", temperature, 0, 1),
    p: within("top_p", topP, LEAST_P, MOST_P),
    frequency_penalty: within("frequency_penalty", request.frequencyPenalty, 0, 1),
    presence_penalty: within("presence_penalty", request.presencePenalty, 0, 1),
    seed: within("seed", plainNumber(request.seed), 0, Number.MAX_SAFE_INTEGER),
    stop_sequences: stopSequences(request),
  };
}

/** `family: cohere`. */
export const cohere: Family = {
  name: "cohere",
  facts: ({ model }) => modelFacts(cohereModel(model)),
  encode,
  ...answersIn(cohereAnswer),
};
