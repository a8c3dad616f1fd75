/** The question that models are asked: short, so that an answer costs next to nothing. */

export const QUESTION = "Reply with one word: pong";
/** Enough for a model that thinks before it says one word. */
export const MAX_TOKENS = 64;

/** A chat completion request to one model. */
export function questionTo(model: string) {
  return {
    model,
    messages: [{ role: "user" as const, content: QUESTION }],
    max_completion_tokens: MAX_TOKENS,
  };
}

/** Why answers end. */
export const FINISHES = ["stop", "length", "tool_calls", "content_filter"];
