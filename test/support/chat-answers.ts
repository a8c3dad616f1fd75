/** Answers in the shape of OpenAI's chat completions, decoded without a model. */
import type { FamilyCall, FamilyMessage } from "../../src/families/family.ts";
import type { Delta } from "../../src/chat/delta.ts";
import { familyCall } from "../../src/families/answer/decoder.ts";
import type { AnswerShape } from "../../src/families/answer/writer.ts";
import { chatAnswer } from "../../src/families/openai-chat/decode.ts";

export type { AnswerShape } from "../../src/families/answer/writer.ts";

const call = (shape: AnswerShape): FamilyCall =>
  familyCall({ body: {}, operation: "invoke", dropped: [] }, { format: chatAnswer, shape });

/** A decoder for one stream. */
export function chatDecoder(shape: AnswerShape = {}): (message: FamilyMessage) => Delta[] {
  return call(shape).stream();
}

/** The deltas of a whole answer. */
export function chatBody(body: unknown, headers: Headers, shape: AnswerShape = {}): Delta[] {
  return call(shape).whole(body, headers);
}
