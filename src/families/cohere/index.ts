/**
 * Cohere Command R and R+, through InvokeModel. The legacy Command models take a bare prompt; of them only answers are
 * understood.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import { RouterError } from "../../errors.ts";
import { checkParameters, type Loss } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { plainNumber } from "../../lib/exact-json.ts";
import { fnv1a } from "../../lib/text.ts";
import type { CohereModel } from "../models/facts.ts";
import { cohereModel, modelFacts } from "../models/index.ts";
import { familyCall } from "../answer/decoder.ts";
import { promptedAnswer } from "../request/json-answer.ts";
import {
  invocation,
  joinTexts,
  outputTokens,
  PROMPT_PARAMETERS,
  stopSequences,
} from "../request/settings.ts";
import { toolBook } from "../request/tool-book.ts";
import { type CallId, cohereAnswer } from "./decode.ts";
import { buildConversation } from "./messages.ts";
import { COHERE_TOOLS, callableTools, toolDefinition } from "./tools.ts";

/** The request parameters that {@link encode} honours or reports itself. */
const HANDLED: ReadonlySet<Concept> = new Set<Concept>([
  ...PROMPT_PARAMETERS,
  "frequency_penalty",
  "parallel_tool_calls",
  "presence_penalty",
  "seed",
  "top_k",
]);

/** Cohere's range of `p`. */
const LEAST_P = 0.01;
const MOST_P = 0.99;
const MOST_K = 500;

/**
 * @throws RouterError `config_invalid` for the legacy Command models, and with `param` for what Command R cannot do.
 */
function encode(request: ChatRequest, target: BedrockTarget): FamilyCall {
  const model = cohereModel(target.model);
  if (model.form === "text") throw legacyModel(target);
  const unread = checkParameters(request, HANDLED);
  const { tools, dropped: toolLosses } = callableTools(request, toolBook(request, COHERE_TOOLS));
  const { message, history, toolResults, system } = buildConversation(request.messages, tools);
  const prompted = promptedAnswer(request);
  const own = settings(request, model);
  const body: JsonObject = {
    chat_history: history,
    message,
    preamble: joinTexts(system, prompted.instruction),
    tools: tools.map(toolDefinition),
    tool_results: toolResults,
    ...own.fields,
  };
  const dropped = [...toolLosses, ...prompted.dropped, ...own.dropped];
  const sent = invocation(request, { body, unread, dropped });
  return familyCall(sent, { format: cohereAnswer(callIds(sent.body)) });
}

/** Ids made from the request are the same whenever its answer is read, and others in every turn of a conversation. */
function callIds(body: JsonObject): CallId {
  let hash: string | undefined;
  return (index) => {
    hash ??= fnv1a(JSON.stringify(body)).toString(36);
    return `call_${hash}_${index}`;
  };
}

function legacyModel({ name, model }: BedrockTarget): RouterError {
  const text = `llms.${name}.model is "${model}", a legacy Cohere Command model that takes no conversations. Use cohere.command-r-v1:0 or cohere.command-r-plus-v1:0 instead.`;
  return new RouterError("config_invalid", text);
}

function settings(
  request: ChatRequest,
  { maxOutput }: CohereModel,
): { readonly fields: JsonObject; readonly dropped: readonly Loss[] } {
  const dropped: Loss[] = [];
  const within = (concept: Concept, value: number | undefined, range: readonly [number, number]) => {
    if (value === undefined) return undefined;
    const kept = Math.min(Math.max(value, range[0]), range[1]);
    if (kept !== value) dropped.push(concept);
    return kept;
  };
  const output = outputTokens(request, maxOutput);
  const fields = {
    max_tokens: output.tokens,
    temperature: within("temperature", request.temperature, [0, 1]),
    p: within("top_p", request.topP, [LEAST_P, MOST_P]),
    k: within("top_k", request.topK, [0, MOST_K]),
    frequency_penalty: within("frequency_penalty", request.frequencyPenalty, [0, 1]),
    presence_penalty: within("presence_penalty", request.presencePenalty, [0, 1]),
    seed: within("seed", plainNumber(request.seed), [0, Number.MAX_SAFE_INTEGER]),
    stop_sequences: stopSequences(request),
  };
  return { fields, dropped: [...output.dropped, ...dropped] };
}

/** `family: cohere`. */
export const cohere: Family = {
  name: "cohere",
  facts: ({ model }) => modelFacts(cohereModel(model)),
  encode,
};
