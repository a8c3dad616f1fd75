import type { BedrockOperation, Encoded, Family, FamilyMessage } from "../../../../src/contracts.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { RouterError } from "../../../../src/errors.ts";

export function encodedFor(operation: BedrockOperation): Encoded {
  return { body: {}, operation, dropped: [] };
}

export function isDelta(value: unknown): value is Delta {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** A family whose payloads are lists of deltas, or the name of a trouble of its own. */
export function fakeFamily(): { family: Family; seen: FamilyMessage[] } {
  const seen: FamilyMessage[] = [];
  const toDeltas = (payload: unknown): Delta[] => {
    if (payload === "bug") throw new TypeError("a mistake in the family");
    if (payload === "refuse") throw new RouterError("upstream_error", "the family refuses");
    return Array.isArray(payload) ? payload.filter(isDelta) : [];
  };
  return {
    seen,
    family: {
      name: "fake",
      facts: () => ({ contextWindow: undefined, maxOutput: undefined }),
      encode: () => encodedFor("invoke"),
      decoder: () => (message) => {
        seen.push(message);
        return toDeltas(message.payload);
      },
      decodeBody: toDeltas,
    },
  };
}
