/**
 * Signatures of thinking blocks: opaque to clients, checked when a block comes back. On newer models a block is bound to all that was
 * said before it: tools, system text, and every message up to it.
 */
import { createHash, createHmac } from "node:crypto";
import { invalid } from "../../bedrock/errors.ts";
import { asObject, asString, type JsonObject, objectsIn } from "../../json.ts";
import { blocksOf, type Turn } from "./blocks.ts";
import type { ClaudeModel } from "./models.ts";

const KEY = "emulator-thinking";
const SEPARATOR = ".";

/**
 * The signature of a thinking block; `display: omitted` leaves its text out, and the signature vouches for that too.
 * @param binding What a bound block stands behind, see {@link bindingOf}.
 */
export function signThinking(text: string, binding?: string): string {
  const own = `Emu${createHmac("sha512", KEY).update(text).digest("base64")}`;
  return binding === undefined ? own : `${own}${SEPARATOR}${binding}`;
}

/** What a block stands behind that the model thinks after all these turns. */
export function bindingOf(body: JsonObject, turns: readonly Turn[]): string {
  return digest(body, turns);
}

/** Throws if a thinking block was changed, made up, or stands behind other words than it was thought behind. */
export function checkSignatures(body: JsonObject, turns: readonly Turn[], model: ClaudeModel): void {
  const control = asObject(asObject(body.thinking).block_binding).prefix_mismatch_behavior;
  for (const [at, turn] of turns.entries()) {
    for (const [index, block] of turn.blocks.entries()) {
      if (block.type !== "thinking") continue;
      const path = `messages.${at}.content.${index}`;
      const [own = "", binding] = asString(block.signature).split(SEPARATOR, 2);
      if (own !== signThinking(asString(block.thinking))) {
        throw invalid(`${path}: Invalid \`signature\` in \`thinking\` block`);
      }
      if (!model.bound || binding === undefined || control === "drop_block") continue;
      const before = [...turns.slice(0, at), { role: turn.role, blocks: turn.blocks.slice(0, index) }];
      if (digest(body, before) === binding) continue;
      throw invalid(
        `${path}: Invalid \`signature\` in \`thinking\` block. The block is bound to a different conversation: all content before a thinking block must be sent back as it was. The system prompt or a message before it differs.`,
      );
    }
  }
}

/** Cache marks are no content, and an empty turn says nothing. */
function digest(body: JsonObject, turns: readonly Turn[]): string {
  const said: { role: string; blocks: unknown[] }[] = [];
  for (const { role, blocks } of turns) {
    const last = said.at(-1);
    const bare = blocks.map(withoutMark);
    if (last?.role === role) last.blocks.push(...bare);
    else if (bare.length > 0) said.push({ role, blocks: bare });
  }
  const system = blocksOf(body.system).map(withoutMark);
  const tools = objectsIn(body.tools).map(withoutMark);
  return createHash("sha256")
    .update(JSON.stringify([tools, system, said]))
    .digest("base64url");
}

function withoutMark(value: JsonObject): JsonObject {
  const { cache_control: _, ...rest } = value;
  if (!Array.isArray(rest.content)) return rest;
  return { ...rest, content: objectsIn(rest.content).map(withoutMark) };
}
