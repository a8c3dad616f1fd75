/**
 * Nova's answers: the events of Converse, each a member of a chunk. The stream has a block index for every token, no start
 * for text blocks, and its usage only behind `messageStop`.
 */
import type { FamilyMessage } from "../family.ts";
import type { AnswerFormat, Reading } from "../answer/decoder.ts";
import { converseAnswer, converseEvents } from "../converse/decode.ts";
import { isObject } from "../../lib/json.ts";

/** The chunks of a stream. */
export const novaAnswer: AnswerFormat = (writer) => {
  const read = converseAnswer(writer);
  return (chunk) => {
    let reading: Reading = {};
    for (const [event, payload] of Object.entries(chunk)) {
      if (isObject(payload)) reading = { ...reading, ...read(payload, event) };
    }
    return reading;
  };
};

/** The chunks that a whole answer would have been; the first has what Bedrock adds to it. */
export function novaChunks(body: unknown): FamilyMessage[] {
  const chunks = converseEvents(body).map(({ event, payload }) => ({ [event]: payload }));
  const { output: _output, ...added } = isObject(body) ? body : {};
  return chunks.map((chunk, index) => ({
    event: "chunk",
    payload: index === 0 ? { ...added, ...chunk } : chunk,
  }));
}
