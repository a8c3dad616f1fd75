/** `context_management`: what a model forgets of a long conversation by itself. It needs a beta for each kind of edit. */
import { asObject, asText, isObject, type JsonObject } from "../../../lib/json.ts";
import { COMPACTION, CONTEXT_MANAGEMENT } from "./betas.ts";

export interface ContextPlan {
  /** The field; undefined for none. `asked` itself where it stays as it is. */
  readonly field: JsonObject | undefined;
  readonly compaction: boolean;
  /** Whether anything of it is left out. */
  readonly lost: boolean;
}

/** @param thinks Without thinking there is none to clear, and Claude refuses to. */
export function planContext(value: unknown, betas: ReadonlySet<string>, thinks: boolean): ContextPlan {
  const asked = asObject(value);
  if (asked === undefined) return { field: undefined, compaction: false, lost: false };
  const edits = Array.isArray(asked.edits) ? asked.edits.filter(isObject) : [];
  const kept = edits.filter(({ type }) => stands(asText(type), betas, thinks));
  const compaction = kept.some(({ type }) => asText(type).startsWith("compact_"));
  // Clearing thinking that is not there is nothing lost.
  const lost = edits.some(({ type }) => !stands(asText(type), betas, true));
  if (kept.length === edits.length && edits.length > 0) return { field: asked, compaction, lost: false };
  return { field: kept.length > 0 ? { ...asked, edits: kept } : undefined, compaction, lost };
}

function stands(type: string, betas: ReadonlySet<string>, thinks: boolean): boolean {
  if (type.startsWith("compact_")) return betas.has(COMPACTION);
  return betas.has(CONTEXT_MANAGEMENT) && (thinks || !type.startsWith("clear_thinking_"));
}
