/** Output length, stop sequences and sampling, within what a model takes. */
import type { ChatRequest, JsonObject } from "../../openai/types.ts";
import type { ClaudeModel } from "../catalogue.ts";

/** Asked for where neither client nor configuration nor catalogue says: Claude requires a number. */
const DEFAULT_MAX_TOKENS = 4096;

/** Output tokens to ask for, at most what the model can put out. */
export function outputTokens({ maxTokens }: ChatRequest, model: ClaudeModel, dropped: Set<string>): number {
  const wanted = maxTokens ?? DEFAULT_MAX_TOKENS;
  const cap = model.maxOutput ?? wanted;
  if (maxTokens !== undefined && wanted > cap) dropped.add("max_tokens");
  return Math.min(wanted, cap);
}

/** `stop_sequences`, without those of white space only, which Claude refuses. */
export function stopFields({ stop }: ChatRequest, dropped: Set<string>): JsonObject {
  const sequences = stop.filter((sequence) => /\S/.test(sequence));
  if (sequences.length < stop.length) dropped.add("stop");
  return sequences.length > 0 ? { stop_sequences: sequences } : {};
}

/**
 * `temperature` and `top_p`. OpenAI's temperature goes to 2, Claude's to 1; models that take only one of the two keep
 * the temperature; while it thinks, Claude takes neither.
 */
export function samplingFields(
  { temperature, topP }: ChatRequest,
  model: ClaudeModel,
  thinking: boolean,
  dropped: Set<string>,
): JsonObject {
  const none = model.sampling === "none" || thinking;
  const noTopP = none || (model.sampling === "one" && temperature !== undefined);
  if (temperature !== undefined && (none || temperature > 1)) dropped.add("temperature");
  if (topP !== undefined && noTopP) dropped.add("top_p");
  return {
    ...(temperature !== undefined && !none && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && !noTopP && { top_p: topP }),
  };
}
