/** Anthropic's Messages API, as its clients speak it: Claude Code, the Anthropic SDKs, and what is built on them. */
import type { ChatRequest } from "../../../chat/request.ts";
import { foldDeltas } from "../../../chat/fold.ts";
import { estimateTokens } from "../../../chat/tokens.ts";
import type { AnswerIdentity, Dialect, Exchange } from "../../../chat/dialect.ts";
import { callIds } from "./call-ids.ts";
import { messagesError } from "./errors.ts";
import { messageEvents, type Thoughts } from "./events.ts";
import { limitHeaders } from "./limits.ts";
import { parseMessages } from "./parse.ts";
import { wholeMessage } from "./whole.ts";

export const anthropicMessages: Dialect = {
  name: "anthropic-messages",
  path: "/messages",
  mark: "anthropic-version",
  requestIdHeader: "request-id",
  parse(body, headers, text): Exchange {
    const request = parseMessages(body, headers, { text });
    // For each answer its own: what an attempt that failed has named is free again.
    const options = (answer: AnswerIdentity) => {
      return { thoughts: thoughtsOf(request), stop: request.stop, callId: callIds(request, answer) };
    };
    return {
      request,
      stream: (identity) =>
        messageEvents(identity, { ...options(identity), promptTokens: () => estimateTokens(request) }),
      // There is one answer to a request: without it folding says what is wrong.
      whole: (identity, [answer = foldDeltas([])]) => wholeMessage(identity, answer, options(identity)),
    };
  },
  error: messagesError,
  limitHeaders,
};

/** What the client is shown of a model's thinking. */
function thoughtsOf({ thinking }: ChatRequest): Thoughts {
  if (thinking === undefined || thinking.mode === "disabled") return "none";
  return thinking.display === "omitted" ? "hidden" : "shown";
}
