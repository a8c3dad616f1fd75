/** Counts what is kept in memory of an answer that streams, where somebody needs it whole at its end. */
import { RouterError } from "../errors.ts";
import { MEMORY_LIMIT, type MemoryHold } from "../lib/memory.ts";
import type { Delta } from "./delta.ts";

/** Of an answer whose last events tell it whole: its text, four events with all of it, their bytes, and its record. */
const COPIES = 8;

/**
 * @param hold Takes what is kept.
 * @param copies How often the text is there, in the end.
 * @returns called with every delta that is kept; throws RouterError `upstream_stream_invalid` for an answer that alone
 *   would fill the isolate, `overloaded` where others do.
 */
export function keptAnswer(
  hold: Pick<MemoryHold, "add"> | undefined,
  copies = COPIES,
): (delta: Delta) => void {
  const most = Math.floor(MEMORY_LIMIT / copies);
  let kept = 0;
  return (delta) => {
    const chars = charsOf(delta);
    kept += chars;
    if (kept > most) throw tooLong(most);
    hold?.add(copies * chars);
  };
}

function charsOf(delta: Delta): number {
  if ("text" in delta) return delta.text.length;
  return delta.type === "reasoning_block" ? JSON.stringify(delta.block).length : 0;
}

function tooLong(most: number): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The model's answer is longer than ${most} characters, more than the router keeps of one. Ask for less output, or use POST /v1/chat/completions with "stream": true, which keeps nothing.`,
  );
}
