/**
 * Whether a conversation has the form that Claude wants of one. Other models, and clients that were interrupted, leave another behind:
 * ids with other characters, calls without results, turns that say nothing. Claude would refuse every further request of such a
 * conversation, so it is written anew instead of edited.
 */
import { asObject, asText, type JsonObject, objectsIn } from "../../../lib/json.ts";
import { LONGEST_NAME } from "../content.ts";

/** Of ids and of names. */
const PLAIN = /^[a-zA-Z0-9_-]+$/;

/** Whether Claude takes a text block, which has to say something. */
export function isBlank(text: unknown): boolean {
  return typeof text === "string" && text.trim() === "";
}

/** Whether Claude takes a tool by this name. */
export function isToolName(name: unknown): boolean {
  return PLAIN.test(asText(name)) && asText(name).length <= LONGEST_NAME;
}

/** @param messages Those of a body, checked by the dialect. */
export function isSound(messages: readonly unknown[]): boolean {
  const turns = messages.map((message) => asObject(message) ?? {}).filter(({ role }) => role !== "system");
  if (turns[0]?.role !== "user") return false;
  /** The ids of the assistant's turn that wait for their results. */
  const open = new Set<string>();
  /** The user has begun to speak, behind which no result may stand. */
  let spoken = false;
  let before: unknown;
  for (const { role, content } of turns) {
    const begins = role !== before;
    before = role;
    if (role === "assistant") {
      if (begins && open.size > 0) return false;
      for (const call of callsIn(content)) {
        if (!isSoundCall(call) || open.has(asText(call.id))) return false;
        open.add(asText(call.id));
      }
      continue;
    }
    if (begins) spoken = false;
    const blocks = blocksOf(content);
    if (blocks.length === 0) return false;
    for (const block of blocks) {
      if (block.type !== "tool_result") spoken = true;
      else if (spoken || !open.delete(asText(block.tool_use_id))) return false;
    }
  }
  return open.size === 0;
}

/** What a user says, and brings. */
function blocksOf(content: unknown): readonly JsonObject[] {
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
  return blocks.filter(({ type, text }) => type !== "text" || !isBlank(text));
}

function callsIn(content: unknown): readonly JsonObject[] {
  return objectsIn(content).filter(({ type }) => type === "tool_use");
}

function isSoundCall({ id, name }: JsonObject): boolean {
  return PLAIN.test(asText(id)) && isToolName(name);
}
