import type { AnswerIdentity } from "./chunks.ts";

/**
 * A fresh id and the time now, for one answer of a model.
 * @param functionCalls See {@link AnswerIdentity}.
 */
export function answerIdentity(model: string, functionCalls = false): AnswerIdentity {
  return {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model,
    functionCalls,
  };
}
