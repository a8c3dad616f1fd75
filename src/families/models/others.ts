/**
 * AI21, Cohere and Writer. Sources, read in November 2026:
 * - Jamba: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html; 1.5 adds `tools` and `response_format` of
 *   type json_object. No source shows `tool_choice`, so it is not sent
 * - Command R: …/model-parameters-cohere-command-r-plus.html and docs.cohere.com/v1/docs/command-r (128k context, 4k output);
 *   the first Command: …/model-parameters-cohere-command.html
 * - Palmyra: …/model-parameters-palmyra-x5.html (fields, ranges, window, 8,192 output tokens),
 *   docs.litellm.ai/docs/providers/bedrock_writer (tools), models.dev (window of X4). That `tool_choice` is OpenAI's is not
 *   verified
 * - lifecycle: …/userguide/model-lifecycle-legacy.html
 */
import { chatRow, OPEN, PLAIN, REASONING_TAGS } from "./chat.ts";
import { KNOWN, TEXT_ONLY, UNKNOWN } from "./converse.ts";
import type { ChatModel, CohereModel, ConverseModel } from "./facts.ts";
import { type ModelRow, modelRow, type RowOf, type RowOptions, retired } from "./row.ts";

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
const JURASSIC: ConverseModel = { ...TEXT_ONLY, streaming: "never", system: false, documents: false };
const AUTO_ONLY: ConverseModel = { ...KNOWN, toolChoice: "auto" };

const jamba = (
  id: string,
  chat: ChatModel,
  converse: ConverseModel,
  options?: RowOptions,
): RowOf<"chat"> => ({ ...modelRow(id, "jamba", chat, { converse, ...options }), chat });

const COMMAND_R: CohereModel = {
  form: "chat",
  contextWindow: 128_000,
  maxOutput: 4000,
  images: false,
  tools: true,
  reasoning: false,
  streaming: true,
};
const COMMAND: CohereModel = { ...COMMAND_R, form: "text", contextWindow: 4096, tools: false };

const command = (
  id: string,
  cohere: CohereModel,
  converse: ConverseModel,
  options?: RowOptions,
): RowOf<"cohere"> => ({ ...modelRow(id, "cohere", cohere, { converse, ...options }), cohere });
const COMMAND_BY_CONVERSE: ConverseModel = { ...TEXT_ONLY, streaming: "never", system: false };

const PALMYRA: ChatModel = {
  ...PLAIN,
  maxOutput: 8192,
  parallelToolCalls: false,
  constrained: false,
  maxStops: 4,
  penalties: true,
  seed: true,
};
const X5: ChatModel = { ...PALMYRA, contextWindow: 1_040_000 };
const PALMYRA_BY_CONVERSE: ConverseModel = { ...AUTO_ONLY, streaming: "without tools" };

const palmyra = (id: string, chat: ChatModel): RowOf<"chat"> => ({
  ...modelRow(id, "writer", chat, { surface: "converse", converse: PALMYRA_BY_CONVERSE }),
  chat,
});

export const OTHERS: readonly ModelRow[] = [
  jamba("ai21.j2-", JAMBA_INSTRUCT, JURASSIC, retired()),
  jamba("ai21.jamba-instruct", JAMBA_INSTRUCT, { ...TEXT_ONLY, documents: false }, retired()),
  jamba("ai21.jamba-1-5-", JAMBA_1_5, AUTO_ONLY, retired("2026-11-26")),
  jamba("ai21.", JAMBA_1_5, AUTO_ONLY),
  command("cohere.command-text", COMMAND, COMMAND_BY_CONVERSE, retired()),
  command("cohere.command-light-text", COMMAND, COMMAND_BY_CONVERSE, retired()),
  command("cohere.command-r", COMMAND_R, AUTO_ONLY, retired("2026-08-19")),
  command("cohere.command-r-", COMMAND_R, AUTO_ONLY, retired("2026-08-19")),
  command("cohere.command-", COMMAND_R, AUTO_ONLY),
  palmyra("writer.palmyra-x4", { ...PALMYRA, contextWindow: 122_880 }),
  palmyra("writer.palmyra-vision-", { ...PALMYRA, images: true }),
  palmyra("writer.", X5),
];

/** Behind an ARN that hides the model. */
export const HIDDEN_JAMBA: RowOf<"chat"> = jamba("", JAMBA_1_5, AUTO_ONLY);
export const HIDDEN_COHERE: RowOf<"cohere"> = command("", COMMAND_R, AUTO_ONLY);
export const HIDDEN_PALMYRA: RowOf<"chat"> = palmyra("", PALMYRA);

/**
 * A model that its id does not tell: imported into Bedrock, or behind an ARN of its own. Imported models take OpenAI's body
 * since November 2025, with both kinds of `response_format`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
 */
const IMPORTED: ChatModel = {
  ...OPEN,
  images: true,
  reasoning: true,
  jsonObject: true,
  penalties: true,
  seed: true,
  shape: { reasoningTags: REASONING_TAGS, reasoningPairs: true },
};
export const HIDDEN_CHAT: RowOf<"chat"> = chatRow("", IMPORTED, { converse: UNKNOWN });
