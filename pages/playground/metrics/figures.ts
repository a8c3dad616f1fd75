/** The figures of an answer, and how they are written. */
import { count } from "../../lib/format.ts";
import type { Model } from "../api/client.ts";
import type { Answer } from "../chat/answer.ts";

export interface Figures {
  /** From sending to the first text, reasoning or tool call, in milliseconds. */
  readonly firstMs: number | undefined;
  readonly totalMs: number | undefined;
  /** Output tokens per second from the first to the last. */
  readonly tokensPerSecond: number | undefined;
  /** US dollars, by the router's prices. */
  readonly cost: number | undefined;
}

/** Shorter than this, the clock says nothing about speed. */
const MIN_STREAM_MS = 5;

/** @param model The model that answered; undefined where it is not in the router's list. */
export function figuresOf(answer: Answer, model: Model | undefined): Figures {
  const { sentAt, firstAt, endedAt, usage } = answer;
  const streamMs = firstAt === undefined || endedAt === undefined ? 0 : endedAt - firstAt;
  return {
    firstMs: firstAt === undefined ? undefined : firstAt - sentAt,
    totalMs: endedAt === undefined ? undefined : endedAt - sentAt,
    tokensPerSecond:
      usage && usage.completion > 1 && streamMs >= MIN_STREAM_MS
        ? (usage.completion * 1000) / streamMs
        : undefined,
    cost: costOf(answer, model),
  };
}

function costOf({ usage }: Answer, model: Model | undefined): number | undefined {
  // The emulator bills nothing.
  if (!usage || model?.emulated || model?.inputPrice === undefined || model.outputPrice === undefined)
    return undefined;
  return (usage.prompt * model.inputPrice + usage.completion * model.outputPrice) / 1_000_000;
}

/** `8.4`, `74`, `1,204`. */
export function speed(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

/** `200k`, `1M`, `8,192`. */
export function compact(tokens: number): string {
  if (tokens >= 1_000_000) return `${Number((tokens / 1_000_000).toFixed(1))}M`;
  return tokens >= 10_000 ? `${Math.round(tokens / 1000)}k` : count(tokens);
}

/** The middle one; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  if (high === undefined || sorted.length % 2 === 1) return high;
  return (high + (sorted[middle - 1] ?? high)) / 2;
}
