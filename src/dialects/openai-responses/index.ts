/**
 * OpenAI's Responses API, which Codex, the Agents SDK and the defaults of today's OpenAI libraries speak.
 * https://platform.openai.com/docs/api-reference/responses
 */
import type { Dialect, Exchange } from "../../chat/dialect.ts";
import { errorAnswer } from "../openai-error.ts";
import { inputWords } from "./client/words.ts";
import { parseResponses } from "./client/parse.ts";

interface ResponsesDialect extends Dialect {
  /** @param before How many items of the body's input are stored ones that went before the client's own. */
  parse(body: unknown, headers: Headers, text?: string, before?: number): Exchange;
}

/** The dialect's entry in the registry. */
export const openaiResponses: ResponsesDialect = {
  name: "openai-responses",
  path: "/responses",
  parse: (body, _headers, _text, before) => parseResponses(body, before),
  error(error, requestId) {
    const answer = errorAnswer(error, requestId);
    if (error.passthrough) return answer;
    return { ...answer, body: { error: { ...error.toBody().error, ...inputWords(error) } } };
  },
};
