/** Errors that a model puts into a stream or a body whose HTTP status was 200. */
import { type ErrorCode, RouterError } from "../errors.ts";
import { asText } from "../lib/json.ts";

const TOO_LONG =
  /context[ _](?:length|window)|(?:prompt|input) is too long|exceeds? the (?:model's )?(?:maximum )?context/i;

/**
 * @param code What the model's own code for it means; undefined where it says nothing.
 * @param type The model's own word for it; may be empty.
 */
export function reportedError(code: ErrorCode | undefined, type: string, message: unknown): RouterError {
  const words = asText(message) || type || "no reason given";
  if (TOO_LONG.test(words)) {
    // Agents shorten their history only on these words of OpenAI's.
    const text = `The prompt exceeds this model's maximum context length: ${words}`;
    return new RouterError("context_length_exceeded", text, { param: "messages" });
  }
  return new RouterError(code ?? "upstream_error", `The model reported ${type || "an error"}: ${words}`);
}
