/** The errors for what a request asks and cannot have; `param` is always the path of the field that says so. */
import { RouterError } from "../../errors.ts";
import type { ContentPart } from "../../chat/request.ts";

/** Whose text a content part belongs to. */
export type Place = "system" | "user" | "assistant" | "tool";

/** @param problem What is wrong with the value, without a full stop. */
export function invalidValue(param: string, problem: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${problem}.`, { param });
}

/** The error for a parameter whose loss would change the answer. */
export function unsupportedParameter(param: string, text: string): RouterError {
  return new RouterError("unsupported_parameter", text, { param });
}

/** The error for a part of a message. */
export function unsupportedContent(param: string, text: string): RouterError {
  return new RouterError("unsupported_content", text, { param });
}

/**
 * The error for a part of a kind that the model does not take, or not in this place.
 * @param model How the message names it.
 */
export function unsupportedPart(part: ContentPart, place: Place = "user", model = "this model"): RouterError {
  const kind = part.type === "other" ? part.kind.slice(0, 40) : part.type;
  const who =
    place === "user"
      ? model.charAt(0).toUpperCase() + model.slice(1)
      : `${place === "assistant" ? "An" : "A"} ${place} message to ${model}`;
  const text = `${who} does not take content parts of type "${kind}". Leave it out or use another model.`;
  return unsupportedContent(part.param, text);
}

/** The error for messages in which nobody but the system says anything. */
export function emptyConversation(): RouterError {
  return invalidValue("messages", "at least one user message with content is needed besides system messages");
}
