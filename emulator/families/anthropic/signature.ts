/** Signatures of thinking blocks: opaque to clients, checked when a block comes back. */
import { createHmac } from "node:crypto";
import { invalid } from "../../bedrock/errors.ts";
import { asString } from "../../json.ts";
import { blocksOfType, type Turn } from "./blocks.ts";

const KEY = "emulator-thinking";

/** The signature of a thinking block; `display: omitted` leaves its text out, and the signature vouches for that too. */
export function signThinking(text: string): string {
  return `Emu${createHmac("sha512", KEY).update(text).digest("base64")}`;
}

/** Throws if a thinking block was changed or made up. */
export function checkSignatures(turns: readonly Turn[]): void {
  for (const [at, turn] of turns.entries()) {
    for (const block of blocksOfType(turn.blocks, "thinking")) {
      if (block.signature === signThinking(asString(block.thinking))) continue;
      const index = turn.blocks.indexOf(block);
      throw invalid(`messages.${at}.content.${index}: Invalid \`signature\` in \`thinking\` block`);
    }
  }
}
