/**
 * AI21's Jamba on Bedrock. Source, read in November 2026:
 * docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html; 1.5 adds `tools` and `response_format` of
 * type json_object. No source shows `tool_choice`, so it is not sent.
 */
import { type ChatModel, PLAIN } from "./chat-model.ts";
import { plainModelId } from "./model-id.ts";

const JAMBA_1_5: ChatModel = {
  ...PLAIN,
  contextWindow: 256_000,
  maxOutput: 4096,
  toolChoices: [],
  parallelToolCalls: false,
  constrained: false,
  jsonObject: true,
  leastTopP: 0.01,
  penalties: true,
  turns: "system first",
};
const JAMBA_INSTRUCT: ChatModel = { ...JAMBA_1_5, tools: false, jsonObject: false };

/** @param model The configured model id or ARN. */
export function jambaModel(model: string): ChatModel {
  return plainModelId(model)?.startsWith("ai21.jamba-instruct") ? JAMBA_INSTRUCT : JAMBA_1_5;
}
