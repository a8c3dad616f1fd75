import type { BedrockOperation, FamilyCall, FamilyMessage } from "../../../../src/families/family.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { RouterError } from "../../../../src/errors.ts";

export function isDelta(value: unknown): value is Delta {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** A call whose answer's payloads are lists of deltas, or the name of a trouble of the family's own. */
export function fakeCall(operation: BedrockOperation): { call: FamilyCall; seen: FamilyMessage[] } {
  const seen: FamilyMessage[] = [];
  const toDeltas = (payload: unknown): Delta[] => {
    if (payload === "bug") throw new TypeError("a mistake in the family");
    if (payload === "refuse") throw new RouterError("upstream_error", "the family refuses");
    return Array.isArray(payload) ? payload.filter(isDelta) : [];
  };
  return {
    seen,
    call: {
      body: {},
      operation,
      dropped: [],
      stream: () => (message) => {
        seen.push(message);
        return toDeltas(message.payload);
      },
      whole: toDeltas,
    },
  };
}
