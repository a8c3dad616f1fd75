/** What models have in common whose body is OpenAI's chat completion, whoever made them. */
import type { ReasoningEffort } from "../../chat/request.ts";
import type { ChatModel } from "./facts.ts";
import { modelRow, type RowOf, type RowOptions } from "./row.ts";
import { openWeight } from "./converse.ts";

/** What is served as it is; every row begins with it. */
export const PLAIN: ChatModel = {
  maxTokensField: "max_tokens",
  images: false,
  tools: true,
  reasoning: false,
  streaming: true,
  sampling: "both",
  toolChoices: ["none", "required", "function"],
  parallelToolCalls: true,
  constrained: true,
  jsonObject: false,
  efforts: [],
  maxTemperature: 2,
  leastTopP: 1e-6,
  penalties: false,
  seed: false,
  turns: "any",
  shape: {},
};

/** Bedrock's own servers use `<reasoning>`, the models' templates `<think>`. */
export const REASONING_TAGS: readonly string[] = ["reasoning", "think"];

export const OPEN: ChatModel = { ...PLAIN, shape: { reasoningTags: REASONING_TAGS } };
export const REASONER: ChatModel = { ...OPEN, reasoning: true };

/** The levels of models that know no more. */
export const THREE_LEVELS = ["low", "medium", "high"] as const satisfies readonly ReasoningEffort[];

/** A row of `family: openai`. */
export function chatRow(id: string, chat: ChatModel, options: RowOptions = {}): RowOf<"chat"> {
  return { ...modelRow(id, "openai", chat, { converse: openWeight(chat), ...options }), chat };
}

/** The same, called by Converse: neither a recording nor a document shows its stream on InvokeModel. */
export function converseRow(id: string, chat: ChatModel, options: RowOptions = {}): RowOf<"chat"> {
  return chatRow(id, chat, { surface: "converse", ...options });
}
