/** What a model has refused, taken out of what the table says of it: so that the next request is written without. */
import type { Refused } from "../../chat/refusable.ts";
import type { ChatModel, ClaudeModel, ConverseModel } from "./facts.ts";

export const NONE_REFUSED: Refused = new Set();

export function claudeWithout(model: ClaudeModel, refused: Refused): ClaudeModel {
  if (refused.size === 0) return model;
  return {
    ...model,
    ...(refused.has("sampling") && { sampling: "none" }),
    ...(refused.has("cache") && { caching: false }),
    ...(refused.has("format") && { structuredOutput: false }),
    ...(refused.has("strict") && { strictTools: false }),
    ...(refused.has("forced") && { forcedTools: false }),
    ...(refused.has("effort") && { efforts: [] }),
    ...(refused.has("midway") && { systemMidway: false }),
  };
}

export function converseWithout(model: ConverseModel, refused: Refused): ConverseModel {
  if (refused.size === 0) return model;
  return {
    ...model,
    ...(refused.has("sampling") && { sampling: "none" }),
    ...(refused.has("stop") && { stopSequences: false }),
    ...(refused.has("cache") && { cachePoints: "nowhere" }),
    ...(refused.has("format") && { structuredOutput: false }),
    ...(refused.has("strict") && { strictTools: false }),
    ...(refused.has("forced") && { toolChoice: "auto" }),
    ...(refused.has("effort") && model.claude === undefined && { effort: "none", efforts: [] }),
    ...(model.claude && { claude: claudeWithout(model.claude, refused) }),
  };
}

export function chatWithout(model: ChatModel, refused: Refused): ChatModel {
  if (refused.size === 0) return model;
  return {
    ...model,
    ...(refused.has("sampling") && { sampling: "none" }),
    ...(refused.has("stop") && { maxStops: 0 }),
    ...((refused.has("format") || refused.has("strict")) && { constrained: false }),
    ...(refused.has("forced") && { toolChoices: [] }),
    ...(refused.has("effort") && { efforts: [] }),
  };
}
