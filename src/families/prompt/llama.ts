/**
 * Meta's Llama, through InvokeModel: a prompt in the template of its generation goes in, text comes out. There are no
 * fields for system prompts, tools or stop sequences; the last are applied to the answer here.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
 */
import type { BedrockTarget } from "../../target.ts";
import type { Family, FamilyCall } from "../family.ts";
import { checkParameters } from "../../chat/parameters.ts";
import type { ChatRequest, Concept, JsonObject } from "../../chat/request.ts";
import { type LlamaFamilyName, llamaModel, modelFacts } from "../models/index.ts";
import { familyCall } from "../answer/decoder.ts";
import { textAnswer } from "../answer/text-answer.ts";
import { asCount } from "../../lib/json.ts";
import { promptedAnswer } from "../request/json-answer.ts";
import {
  invocation,
  outputTokens,
  PROMPT_PARAMETERS,
  samplingFields,
  stopSequences,
} from "../request/settings.ts";
import { refuseTools } from "../request/text-conversation.ts";
import { llamaPrompt, TOOL_ADVICE } from "./llama-templates.ts";

/** The request parameters that {@link encode} honours or refuses itself. */
const HANDLED: ReadonlySet<Concept> = new Set(PROMPT_PARAMETERS);

/** Where a prompt ends like this, line breaks at the head of the answer are layout; an answer written on keeps them. */
const ASKS_FOR_A_TURN = /(?:\[\/INST\]|<\|(?:end_header_id|header_end)\|>\n\n)$/;

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, family: LlamaFamilyName): FamilyCall {
  const model = llamaModel(target.model, family);
  const unread = checkParameters(request, HANDLED);
  refuseTools(request, TOOL_ADVICE);
  const prompted = promptedAnswer(request);
  const { prompt, images } = llamaPrompt(request.messages, model, prompted.instruction);
  const output = outputTokens(request, model.maxOutput);
  const sampled = samplingFields(request);
  const body: JsonObject = { prompt, max_gen_len: output.tokens, ...sampled.fields, images };
  const dropped = [prompted, output, sampled].flatMap((part) => part.dropped);
  const { streaming: streams } = model;
  return familyCall(invocation(request, { body, unread, dropped, streams }), {
    format: ANSWER,
    shape: { trimsHead: ASKS_FOR_A_TURN.test(prompt), stops: stopSequences(request) },
  });
}

const ANSWER = textAnswer({
  chunk: (payload) => ("generation" in payload || "stop_reason" in payload ? payload : undefined),
  text: "generation",
  reason: "stop_reason",
  // The prompt is counted in the first chunk only, and the answer so far in each.
  counts: ({ prompt_token_count, generation_token_count }) => ({
    input: asCount(prompt_token_count),
    output: asCount(generation_token_count),
  }),
});

function llamaFamily(name: LlamaFamilyName): Family {
  return {
    name,
    facts: ({ model }) => modelFacts(llamaModel(model, name)),
    encode: (request, target) => encode(request, target, name),
  };
}

/** `family: llama`; behind an ARN that hides the model it takes the template of Llama 3. */
export const llama = llamaFamily("llama");
/** `family: llama2`, for ARNs that hide a Llama 2. */
export const llama2 = llamaFamily("llama2");
/** `family: llama4`, for ARNs that hide a Llama 4. */
export const llama4 = llamaFamily("llama4");
