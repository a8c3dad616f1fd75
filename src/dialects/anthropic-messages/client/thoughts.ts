/**
 * Thinking that a client brings back. What Claude signed is Claude's matter, to the byte; the router's own signatures hold what
 * another model thought; what nobody signed is worth nothing to anybody.
 */
import { carried } from "../../../chat/carrier.ts";
import type { ReasoningBlock } from "../../../chat/request.ts";
import { asText, type JsonObject } from "../../../lib/json.ts";
import { isUnset, textAt } from "../../fields.ts";

/** @returns the model's blocks; none for what cannot go back to any model. */
export function readThought(block: JsonObject, param: string): ReasoningBlock[] {
  if (block.type === "redacted_thinking") {
    return [{ kind: "redacted", data: textAt(block.data, `${param}.data`) }];
  }
  const signature = asText(block.signature);
  if (signature === "") return [];
  const own = carried(signature);
  if (own !== undefined) return own.blocks.map((inner) => ({ ...inner, of: own.model }));
  const text = isUnset(block.thinking) ? "" : textAt(block.thinking, `${param}.thinking`);
  return [{ kind: "signed", text, signature }];
}

/** Whether a signature is one that this router wrote, for a model that signs nothing. */
export function isOwnSignature(signature: unknown): boolean {
  return typeof signature === "string" && carried(signature) !== undefined;
}
