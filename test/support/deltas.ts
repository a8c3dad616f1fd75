/** Deltas put together again, for the tests of every model family. */
import { expect } from "vitest";
import type { Delta, ReasoningBlock, Usage } from "../../src/chat/delta.ts";

/** What an answer's deltas come to. */
export interface Folded {
  text: string;
  reasoning: string;
  blocks: ReasoningBlock[];
  refusal: string;
  calls: { id: string; name: string; args: string }[];
  usage?: Usage;
  finish?: string;
  error?: { code: string; message: string };
}

/** What no deltas come to. */
export const NOTHING: Folded = { text: "", reasoning: "", blocks: [], refusal: "", calls: [] };

/**
 * Folds deltas, and fails where they break the order that every family keeps: calls count up, nothing but the bill follows
 * the end.
 */
export function fold(deltas: readonly Delta[]): Folded {
  const folded: Folded = { ...NOTHING, blocks: [], calls: [] };
  for (const delta of deltas) {
    // Nova sends its usage behind the end.
    expect(delta.type === "usage" ? folded.error : (folded.finish ?? folded.error)).toBeUndefined();
    if (delta.type === "text") folded.text += delta.text;
    else if (delta.type === "reasoning") folded.reasoning += delta.text;
    else if (delta.type === "reasoning_block") folded.blocks.push(delta.block);
    else if (delta.type === "refusal") folded.refusal += delta.text;
    else if (delta.type === "tool_start") {
      expect(delta.index).toBe(folded.calls.length);
      folded.calls.push({ id: delta.id, name: delta.name, args: "" });
    } else if (delta.type === "tool_arguments") {
      const call = folded.calls[delta.index];
      expect(call).toBeDefined();
      if (call) call.args += delta.text;
    } else if (delta.type === "usage") {
      // Claude tells its input before the answer begins; nothing is told twice.
      expect(delta.usage).not.toEqual(folded.usage);
      folded.usage = delta.usage;
    } else if (delta.type === "finish") folded.finish = delta.reason;
    else if (delta.type === "error") folded.error = { code: delta.error.code, message: delta.error.message };
  }
  return folded;
}
