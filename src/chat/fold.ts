/** What the deltas of a whole answer add up to. */
import { RouterError } from "../errors.ts";
import type { Delta, FinishReason, ReasoningBlock, Usage } from "./delta.ts";
import { isObject, type JsonObject } from "../lib/json.ts";

export interface Folded {
  readonly text: string;
  /** As the model wants it back. */
  readonly reasoning: readonly ReasoningBlock[];
  /** As it is shown. */
  readonly reasoningText: string;
  readonly refusal: string;
  readonly toolCalls: readonly FoldedCall[];
  readonly finishReason: FinishReason;
  /** See the `finish` delta for these three. */
  readonly native?: string;
  readonly stop?: string;
  readonly details?: JsonObject;
  /** Fields that only the dialect of the upstream knows. */
  readonly extra?: JsonObject;
  readonly usage: Usage | undefined;
}

export interface FoldedCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text, as the model wrote it. */
  readonly arguments: string;
}

/**
 * @throws the error of an `error` delta, and RouterError `upstream_truncated` when no `finish` delta came: an answer
 * cut short never looks complete.
 */
export function foldDeltas(deltas: Iterable<Delta>): Folded {
  const texts = { text: "", reasoning: "", refusal: "" };
  const reasoning: ReasoningBlock[] = [];
  const calls: { id: string; name: string; arguments: string }[] = [];
  let extra: JsonObject | undefined;
  let finish: Extract<Delta, { type: "finish" }> | undefined;
  let usage: Usage | undefined;
  for (const delta of deltas) {
    switch (delta.type) {
      case "text":
      case "reasoning":
      case "refusal":
        texts[delta.type] += delta.text;
        break;
      case "reasoning_block":
        reasoning.push(delta.block);
        break;
      case "tool_start":
        calls[delta.index] = { id: delta.id, name: delta.name, arguments: "" };
        break;
      case "tool_arguments": {
        const call = calls[delta.index];
        if (call !== undefined) call.arguments += delta.text;
        break;
      }
      case "usage":
        usage = delta.usage;
        break;
      case "extra":
        extra = joined(extra, delta.fields, EXTRA_DEPTH);
        break;
      case "finish":
        finish = delta;
        break;
      case "error":
        throw delta.error;
    }
  }
  if (finish === undefined) {
    throw new RouterError(
      "upstream_truncated",
      "The model's answer ended before it was complete. Try again.",
    );
  }
  const { type: _type, reason, ...more } = finish;
  return {
    text: texts.text,
    reasoning,
    reasoningText: texts.reasoning,
    refusal: texts.refusal,
    toolCalls: calls.filter((call) => call !== undefined),
    finishReason: reason,
    ...more,
    ...(extra && { extra }),
    usage,
  };
}

/** How deep `extra` fields are put together: the lists of log probabilities lie three objects deep. */
const EXTRA_DEPTH = 4;

/** Objects become one, lists grow, of anything else the last counts. */
function joined(first: JsonObject | undefined, second: JsonObject, depth: number): JsonObject {
  if (first === undefined || depth === 0) return second;
  const members = Object.entries(second).map(([name, value]): [string, unknown] => {
    const before = Object.hasOwn(first, name) ? first[name] : undefined;
    if (Array.isArray(before) && Array.isArray(value)) return [name, [...before, ...value]];
    return [name, isObject(before) && isObject(value) ? joined(before, value, depth - 1) : value];
  });
  return { ...first, ...Object.fromEntries(members) };
}

/** The sum of all; undefined where one is not known: part of a bill would read as a cheap answer. */
export function summedUsage(answers: readonly Folded[]): Usage | undefined {
  const known = answers.flatMap(({ usage }) => usage ?? []);
  if (known.length < answers.length) return undefined;
  return known.reduce((total, usage) => ({
    promptTokens: total.promptTokens + usage.promptTokens,
    completionTokens: total.completionTokens + usage.completionTokens,
    ...summed("cachedTokens", total, usage),
    ...summed("cacheWriteTokens", total, usage),
    ...summed("cacheWrite1hTokens", total, usage),
    ...summed("reasoningTokens", total, usage),
  }));
}

type Detail = "cachedTokens" | "cacheWriteTokens" | "cacheWrite1hTokens" | "reasoningTokens";

/** Undefined in both stays so: not told is not none. */
function summed(detail: Detail, first: Usage, second: Usage): { [D in Detail]?: number } {
  if (first[detail] === undefined && second[detail] === undefined) return {};
  return { [detail]: (first[detail] ?? 0) + (second[detail] ?? 0) };
}

/** Whether a client shows it: from the first of these on an answer has begun. */
export function isShown(delta: Delta): boolean {
  if (delta.type === "text" || delta.type === "reasoning") return delta.text !== "";
  return delta.type === "tool_start" || delta.type === "refusal" || delta.type === "finish";
}
