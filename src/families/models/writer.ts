/**
 * Writer's Palmyra on Bedrock. Sources, read in November 2026:
 * docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-palmyra-x5.html (fields, ranges, window, 8,192 output
 * tokens), docs.litellm.ai/docs/providers/bedrock_writer (tools), models.dev (window of X4). That `tool_choice` is
 * OpenAI's is not verified.
 */
import { type ChatModel, PLAIN } from "./chat-model.ts";
import { plainModelId } from "./model-id.ts";

const PALMYRA: ChatModel = {
  ...PLAIN,
  maxOutput: 8192,
  parallelToolCalls: false,
  constrained: false,
  maxStops: 4,
  penalties: true,
  seed: true,
};

/** @param model The configured model id or ARN. */
export function palmyraModel(model: string): ChatModel {
  const id = plainModelId(model);
  if (id?.startsWith("writer.palmyra-x5")) return { ...PALMYRA, contextWindow: 1_040_000 };
  return id?.startsWith("writer.palmyra-x4") ? { ...PALMYRA, contextWindow: 122_880 } : PALMYRA;
}
