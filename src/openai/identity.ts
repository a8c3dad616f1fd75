import type { AnswerIdentity } from "./chunks.ts";

/** A fresh id and the time now, for one answer of a model. */
export function answerIdentity(model: string): AnswerIdentity {
  return {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model,
  };
}
