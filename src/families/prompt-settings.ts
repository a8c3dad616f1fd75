/** Output length, sampling and JSON for models that take a bare prompt. */
import { RouterError } from "../errors.ts";
import type { ChatRequest, JsonObject, ResponseFormat } from "../openai/types.ts";

/** Asked for where neither client nor configuration nor catalogue says. */
const DEFAULT_MAX_TOKENS = 4096;

/**
 * Output tokens to ask for.
 * @param cap The most that the model takes; undefined where not known.
 * @param dropped Gets `max_tokens` where the wanted number is lowered.
 */
export function outputTokens(
  { maxTokens }: ChatRequest,
  cap: number | undefined,
  dropped: Set<string>,
): number {
  const wanted = maxTokens ?? DEFAULT_MAX_TOKENS;
  if (cap === undefined || wanted <= cap) return wanted;
  if (maxTokens !== undefined) dropped.add("max_tokens");
  return cap;
}

/**
 * `temperature` and `top_p`; OpenAI's temperature goes to 2, that of these models to 1.
 * @param dropped Gets `temperature` where it is lowered.
 */
export function samplingFields({ temperature, topP }: ChatRequest, dropped: Set<string>): JsonObject {
  if (temperature !== undefined && temperature > 1) dropped.add("temperature");
  return {
    ...(temperature !== undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && { top_p: topP }),
  };
}

/** The stop sequences that say something. */
export function stopSequences({ stop }: ChatRequest): string[] {
  return stop.filter((sequence) => sequence !== "");
}

/**
 * A sentence for the system prompt that asks for JSON; empty where text will do.
 * @param dropped Gets `response_format`, because nothing guarantees what a sentence asks for.
 * @throws RouterError `unsupported_parameter` for a strict schema.
 */
export function jsonInstruction(format: ResponseFormat, dropped: Set<string>): string {
  if (format.type === "text") return "";
  if (format.type === "json_schema" && format.strict) {
    const text =
      "This model cannot guarantee an answer that matches a schema. Set strict to false or use another model.";
    throw new RouterError("unsupported_parameter", text, { param: "response_format" });
  }
  dropped.add("response_format");
  if (format.type === "json_object") {
    return "Answer with one JSON object and nothing else: no text before or after it, no code fence.";
  }
  const about = format.description ? ` ${format.description}` : "";
  const schema = JSON.stringify(format.schema);
  return `Answer with JSON and nothing else: no text before or after it, no code fence.${about} It must match this JSON Schema: ${schema}`;
}

/** Texts of a system prompt put together; those that are empty go. */
export function joinTexts(...texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
