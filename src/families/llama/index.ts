/**
 * Meta's Llama, through InvokeModel: a prompt in the template of its generation goes in, text comes out. There are no
 * fields for system prompts, tools or stop sequences; the last are applied to the answer here.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
 */
import type { BedrockTarget, Encoded, Family, ModelFacts } from "../../contracts.ts";
import { checkParameters } from "../../openai/parameters.ts";
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import { type LlamaFamilyName, llamaModel } from "../catalogue/llama.ts";
import { asCount, asText } from "../json.ts";
import { jsonInstruction, outputTokens, samplingFields, stopSequences } from "../prompt-settings.ts";
import { type TextShape, textBody, textDecoder } from "../text-answer.ts";
import { refuseTools } from "../text-messages.ts";
import { llamaPrompt, TOOL_ADVICE } from "./prompt.ts";

/** The request parameters that {@link encode} honours or refuses itself. */
const HANDLED: ReadonlySet<string> = new Set([
  ...[
    "function_call",
    "functions",
    "response_format",
    "stop",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
  ],
]);

function facts(target: BedrockTarget, family: LlamaFamilyName): ModelFacts {
  const { contextWindow, maxOutput, images, streaming } = llamaModel(target.model, family);
  return { contextWindow, maxOutput, capabilities: { tools: false, images, streaming, reasoning: false } };
}

/** @throws RouterError with `param` for what the model cannot do. */
function encode(request: ChatRequest, target: BedrockTarget, family: LlamaFamilyName): Encoded {
  const model = llamaModel(target.model, family);
  const dropped = new Set(checkParameters(request, HANDLED));
  refuseTools(request, TOOL_ADVICE);
  const instruction = jsonInstruction(request.responseFormat, dropped);
  const { prompt, images } = llamaPrompt(request.messages, model, instruction);
  const body: JsonObject = {
    prompt,
    max_gen_len: outputTokens(request, model.maxOutput, dropped),
    ...samplingFields(request, dropped),
    ...(images.length > 0 && { images }),
  };
  const stop = stopSequences(request);
  return {
    body,
    operation: request.stream && model.streaming ? "invoke-with-response-stream" : "invoke",
    dropped: [...dropped].sort(),
    ...(stop.length > 0 && { decoding: { stop } }),
  };
}

/** Where a prompt ends like this, line breaks at the head of the answer are layout; an answer written on keeps them. */
const ASKS_FOR_A_TURN = /(?:\[\/INST\]|<\|(?:end_header_id|header_end)\|>\n\n)$/;

function shapeOf({ body }: Encoded): TextShape {
  return { read: readChunk, trimHead: ASKS_FOR_A_TURN.test(asText(body.prompt)) };
}

function readChunk(payload: JsonObject): ReturnType<TextShape["read"]> {
  if (!("generation" in payload) && !("stop_reason" in payload)) return undefined;
  return {
    text: asText(payload.generation),
    reason: asText(payload.stop_reason),
    hasReason: "stop_reason" in payload,
    counts: { input: asCount(payload.prompt_token_count), output: asCount(payload.generation_token_count) },
  };
}

function llamaFamily(name: LlamaFamilyName): Family {
  return {
    name,
    facts: (target) => facts(target, name),
    encode: (request, target) => encode(request, target, name),
    decoder: (encoded) => textDecoder(shapeOf(encoded), encoded),
    decodeBody: (body, headers, encoded) => textBody(body, headers, shapeOf(encoded), encoded),
  };
}

/** `family: llama`; behind an ARN that hides the model it takes the template of Llama 3. */
export const llama = llamaFamily("llama");
/** `family: llama2`, for ARNs that hide a Llama 2. */
export const llama2 = llamaFamily("llama2");
/** `family: llama4`, for ARNs that hide a Llama 4. */
export const llama4 = llamaFamily("llama4");
