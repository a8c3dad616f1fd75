/** Answers in the shape of OpenAI's chat completions, decoded without a model. */
import type { FamilyMessage } from "../../src/contracts.ts";
import type { Delta } from "../../src/chat/delta.ts";
import { answersIn } from "../../src/families/answer/decoder.ts";
import type { AnswerShape, ShapedEncoded } from "../../src/families/answer/writer.ts";
import { chatAnswer } from "../../src/families/openai-chat/decode.ts";

export type { AnswerShape } from "../../src/families/answer/writer.ts";

const { decoder, decodeBody } = answersIn(chatAnswer);

const encoded = (shape: AnswerShape): ShapedEncoded => ({
  body: {},
  operation: "invoke",
  dropped: [],
  shape,
});

/** A decoder for one stream. */
export function chatDecoder(shape: AnswerShape = {}): (message: FamilyMessage) => Delta[] {
  return decoder(encoded(shape));
}

/** The deltas of a whole answer. */
export function chatBody(body: unknown, headers: Headers, shape: AnswerShape = {}): Delta[] {
  return decodeBody(body, headers, encoded(shape));
}
