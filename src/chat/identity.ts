import type { AnswerIdentity } from "./dialect.ts";

/**
 * A fresh id and the time, for one answer.
 * @param model The configured name of the model that answers.
 * @param now Milliseconds since the epoch.
 */
export function answerIdentity(model: string, now: number): AnswerIdentity {
  return { id: crypto.randomUUID().replaceAll("-", ""), created: Math.floor(now / 1000), model };
}
