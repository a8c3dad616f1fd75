/** A failure before the head of an answer, as OpenAI's clients know it. */
import type { Dialect } from "../chat/dialect.ts";
import { parseObject } from "../lib/json.ts";

/**
 * OpenAI's error object under the error's status; the refusal of an upstream that speaks this dialect goes through as it
 * came. The headers are those that the dialect's clients obey.
 */
export const errorAnswer: Dialect["error"] = (error) => {
  const { passthrough, retryAfter } = error;
  const own = passthrough && parseObject(passthrough.body);
  return {
    status: error.status,
    headers: {
      "x-should-retry": String(error.shouldRetry),
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    },
    body: own ?? error.toBody(),
  };
};
