/**
 * OpenAI's Responses API, which Codex, the Agents SDK and the defaults of today's OpenAI libraries speak.
 * https://platform.openai.com/docs/api-reference/responses
 */
import type { Dialect } from "../../chat/dialect.ts";
import { errorAnswer } from "../openai-error.ts";
import { inputWords } from "./client/words.ts";
import { parseResponses } from "./client/parse.ts";

/** The dialect's entry in the registry. */
export const openaiResponses: Dialect = {
  name: "openai-responses",
  path: "/responses",
  parse: (body) => parseResponses(body),
  error(error, requestId) {
    const answer = errorAnswer(error, requestId);
    if (error.passthrough) return answer;
    return { ...answer, body: { error: { ...error.toBody().error, ...inputWords(error) } } };
  },
};
