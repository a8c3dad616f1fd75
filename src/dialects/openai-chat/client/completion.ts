/** Whole answers as one `chat.completion` object. */
import { type Folded, summedUsage } from "../../../chat/fold.ts";
import { type AnswerIdentity, finishFor } from "./chunks.ts";
import { type ExtraFields, extraFields } from "./extra.ts";
import type { JsonObject } from "../../../chat/request.ts";
import { wireUsage } from "./usage.ts";

/** The `chat.completion` body: a choice for each answer, their usage summed. */
export function completion(identity: AnswerIdentity, ...answers: readonly Folded[]): JsonObject {
  const usage = summedUsage(answers);
  const first = answers[0]?.extra;
  return {
    id: identity.id,
    object: "chat.completion",
    created: identity.created,
    model: identity.model,
    choices: answers.map((answer, index) => choice(answer, index, identity)),
    ...(usage && { usage: wireUsage(usage) }),
    ...(first && extraFields(first).chunk),
  };
}

function choice(answer: Folded, index: number, identity: AnswerIdentity): JsonObject {
  const { text, reasoningText, refusal, toolCalls } = answer;
  const extra: ExtraFields = answer.extra ? extraFields(answer.extra) : {};
  const silent = text === "" && (toolCalls.length > 0 || refusal !== "");
  return {
    index,
    message: {
      role: "assistant",
      content: silent ? null : text,
      refusal: refusal === "" ? null : refusal,
      ...(reasoningText !== "" && { reasoning_content: reasoningText }),
      ...callFields(toolCalls, identity),
      ...extra.message,
    },
    logprobs: null,
    finish_reason: finishFor(answer.finishReason, identity),
    ...extra.choice,
  };
}

function callFields([first, ...more]: Folded["toolCalls"], { functionCalls }: AnswerIdentity): JsonObject {
  if (first === undefined) return {};
  if (functionCalls) return { function_call: { name: first.name, arguments: first.arguments } };
  return {
    tool_calls: [first, ...more].map((call) => ({
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}
