/**
 * OpenAI's Chat Completions, as clients speak it.
 * https://platform.openai.com/docs/api-reference/chat
 */
import type { AnswerEncoder, AnswerIdentity, Dialect, Exchange } from "../../chat/dialect.ts";
import { chunkEncoder } from "./client/chunks.ts";
import { completion } from "./client/completion.ts";
import { errorAnswer } from "../openai-error.ts";
import { answerOptions, parseChat } from "./client/parse.ts";

/** Without an empty line behind it, at which older Go clients would read an event without data. */
const SILENCE = ": keep-alive\n";

/** The dialect's entry in the registry. */
export const openaiChat: Dialect = {
  name: "openai-chat",
  path: "/chat/completions",
  parse,
  error: errorAnswer,
};

function parse(body: unknown): Exchange {
  const request = parseChat(body);
  const { includeUsage, functionCalls } = answerOptions(request);
  const named = (identity: AnswerIdentity) => ({
    id: `chatcmpl-${identity.id}`,
    created: identity.created,
    get model() {
      return identity.model;
    },
    functionCalls,
  });
  return {
    request,
    stream: (identity) => answerEncoder(chunkEncoder(named(identity), includeUsage)),
    whole: (identity, answers) => completion(named(identity), ...answers),
  };
}

function answerEncoder(chunks: ReturnType<typeof chunkEncoder>): AnswerEncoder {
  return {
    push(delta, emit) {
      for (const json of chunks.encode(delta)) emit(json);
    },
    end(emit) {
      for (const json of chunks.end()) emit(json);
      if (chunks.complete) emit("[DONE]");
    },
    silence: () => SILENCE,
    get complete() {
      return chunks.complete;
    },
    get failure() {
      return chunks.failure;
    },
    get usage() {
      return chunks.usage;
    },
  };
}
