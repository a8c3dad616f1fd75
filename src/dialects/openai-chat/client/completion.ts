/** Folds the deltas of a whole answer into one `chat.completion` object. */
import type { Delta, FinishReason, Usage } from "../../../contracts.ts";
import { RouterError } from "../../../errors.ts";
import { type AnswerIdentity, finishFor } from "./chunks.ts";
import type { JsonObject } from "../../../chat/request.ts";
import { wireUsage } from "./usage.ts";

interface FoldedCall {
  readonly id: string;
  readonly name: string;
  readonly fragments: string[];
}

/** What an answer's deltas add up to. */
export interface FoldedAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finishReason: FinishReason;
  readonly usage: Usage | undefined;
}

/**
 * @throws the error of an `error` delta, and RouterError `upstream_truncated` when no `finish` delta came: an answer
 * cut short never looks complete.
 */
export function foldDeltas(deltas: Iterable<Delta>): FoldedAnswer {
  const text: string[] = [];
  const reasoning: string[] = [];
  const refusal: string[] = [];
  const calls: FoldedCall[] = [];
  let finishReason: FinishReason | undefined;
  let usage: Usage | undefined;
  for (const delta of deltas) {
    if (delta.type === "text") text.push(delta.text);
    else if (delta.type === "reasoning") reasoning.push(delta.text);
    else if (delta.type === "refusal") refusal.push(delta.text);
    else if (delta.type === "tool_start") {
      calls[delta.index] = { id: delta.id, name: delta.name, fragments: [] };
    } else if (delta.type === "tool_arguments") calls[delta.index]?.fragments.push(delta.text);
    else if (delta.type === "usage") usage = delta.usage;
    else if (delta.type === "finish") finishReason = delta.reason;
    else if (delta.type === "error") throw delta.error;
  }
  if (finishReason === undefined) {
    throw new RouterError(
      "upstream_truncated",
      "The model's answer ended before it was complete. Try again.",
    );
  }
  return {
    text: text.join(""),
    reasoning: reasoning.join(""),
    refusal: refusal.join(""),
    toolCalls: calls.map(({ id, name, fragments }) => ({ id, name, arguments: fragments.join("") })),
    finishReason,
    usage,
  };
}

/** The `chat.completion` body: a choice for each answer, their usage summed. */
export function completion(identity: AnswerIdentity, ...answers: readonly FoldedAnswer[]): JsonObject {
  const usage = summedUsage(answers);
  return {
    id: identity.id,
    object: "chat.completion",
    created: identity.created,
    model: identity.model,
    choices: answers.map((answer, index) => choice(answer, index, identity)),
    ...(usage && { usage: wireUsage(usage) }),
  };
}

/** The sum of all; undefined where one is not known: part of a bill would read as a cheap answer. */
export function summedUsage(answers: readonly FoldedAnswer[]): Usage | undefined {
  const known = answers.flatMap(({ usage }) => usage ?? []);
  if (known.length < answers.length) return undefined;
  return known.reduce((total, usage) => ({
    promptTokens: total.promptTokens + usage.promptTokens,
    completionTokens: total.completionTokens + usage.completionTokens,
    cachedTokens: (total.cachedTokens ?? 0) + (usage.cachedTokens ?? 0),
    cacheWriteTokens: (total.cacheWriteTokens ?? 0) + (usage.cacheWriteTokens ?? 0),
  }));
}

function choice(answer: FoldedAnswer, index: number, identity: AnswerIdentity): JsonObject {
  const { text, reasoning, refusal, toolCalls } = answer;
  const silent = text === "" && (toolCalls.length > 0 || refusal !== "");
  return {
    index,
    message: {
      role: "assistant",
      content: silent ? null : text,
      refusal: refusal === "" ? null : refusal,
      ...(reasoning !== "" && { reasoning_content: reasoning }),
      ...callFields(toolCalls, identity),
    },
    logprobs: null,
    finish_reason: finishFor(answer.finishReason, identity),
  };
}

function callFields(
  [first, ...more]: FoldedAnswer["toolCalls"],
  { functionCalls }: AnswerIdentity,
): JsonObject {
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
