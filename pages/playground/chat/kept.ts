/** Conversations as JSON and back: what is read may be another version's, or anybody's. */
import { ApiError, type Details } from "../../lib/api.ts";
import { attemptFrom, type Route } from "../api/transport.ts";
import { isObject, type JsonObject, numberOf, objectOf, objectsOf, textOf, textsOf } from "../../lib/json.ts";
import type { Figures } from "../metrics/figures.ts";
import { Answer, type ToolCall } from "./answer.ts";
import { attachmentFrom } from "./attachment.ts";
import type { TokenUsage } from "./chunk.ts";
import type { Item } from "./thread.ts";

/** An item as JSON can hold it. */
export function keptItem(item: Item): JsonObject {
  return item.kind === "answer" ? { kind: "answer", ...keptAnswer(item.answer) } : { ...item };
}

/** The item of what was kept; undefined where it is none. */
export function itemFrom(kept: JsonObject): Item | undefined {
  switch (kept.kind) {
    case "user": {
      const files = objectsOf(kept.files).flatMap((file) => attachmentFrom(file) ?? []);
      return { kind: "user", text: textOf(kept.text) ?? "", files, lost: numberOf(kept.lost) ?? 0 };
    }
    case "answer":
      return { kind: "answer", answer: answerFrom(kept) };
    case "tool":
      return { kind: "tool", call: callFrom(objectOf(kept.call)), result: objectOf(kept.result) };
    default:
      return undefined;
  }
}

function keptAnswer(answer: Answer): JsonObject {
  const { text, reasoning, route, model, finish, usage, complete, stopped, problem, figures, asked } = answer;
  const { sentAt, firstAt, textAt, endedAt, calls } = answer;
  return {
    ...{ text, reasoning, route, model, finish, usage, complete, stopped, figures, asked },
    ...{ sentAt, firstAt, textAt, endedAt, calls },
    ...(problem && { problem: { ...problem, message: problem.message } }),
  };
}

function answerFrom(kept: JsonObject): Answer {
  const answer = new Answer(numberOf(kept.sentAt) ?? 0, textOf(kept.asked));
  answer.text = textOf(kept.text) ?? "";
  answer.reasoning = textOf(kept.reasoning) ?? "";
  answer.route = routeFrom(objectOf(kept.route));
  answer.model = textOf(kept.model);
  answer.finish = textOf(kept.finish);
  answer.usage = usageFrom(kept.usage);
  answer.complete = kept.complete === true;
  // One that was under way when the page was left.
  answer.stopped = kept.stopped === true || (!answer.complete && !isObject(kept.problem));
  answer.problem = isObject(kept.problem) ? problemFrom(kept.problem) : undefined;
  answer.figures = figuresFrom(objectOf(kept.figures));
  answer.firstAt = numberOf(kept.firstAt);
  answer.textAt = numberOf(kept.textAt);
  answer.endedAt = numberOf(kept.endedAt);
  answer.restoreCalls(objectsOf(kept.calls).map(callFrom));
  return answer;
}

function callFrom({ id, name, arguments: text }: JsonObject): ToolCall {
  return { id: textOf(id) ?? "", name: textOf(name) ?? "", arguments: textOf(text) ?? "" };
}

function routeFrom(kept: JsonObject): Route {
  return {
    model: textOf(kept.model),
    strategy: textOf(kept.strategy),
    attempts: numberOf(kept.attempts),
    dropped: textsOf(kept.dropped),
    unknownModel: textOf(kept.unknownModel),
    reason: textOf(kept.reason),
    trail: objectsOf(kept.trail).map(attemptFrom),
    requestId: textOf(kept.requestId),
  };
}

function usageFrom(kept: unknown): TokenUsage | undefined {
  const { prompt, completion, cached } = objectOf(kept);
  if (typeof prompt !== "number" || typeof completion !== "number") return undefined;
  return { prompt, completion, cached: numberOf(cached) ?? 0 };
}

function figuresFrom(kept: JsonObject): Figures {
  const { firstMs, totalMs, tokensPerSecond, cost } = kept;
  return {
    firstMs: numberOf(firstMs),
    totalMs: numberOf(totalMs),
    tokensPerSecond: numberOf(tokensPerSecond),
    cost: numberOf(cost),
  };
}

function problemFrom(kept: JsonObject): ApiError {
  const details: Details = {
    code: textOf(kept.code) ?? "",
    message: textOf(kept.message) ?? "",
    param: textOf(kept.param),
    status: numberOf(kept.status),
    requestId: textOf(kept.requestId),
    retryAfter: numberOf(kept.retryAfter),
    attempts: numberOf(kept.attempts),
  };
  return new ApiError(details);
}
