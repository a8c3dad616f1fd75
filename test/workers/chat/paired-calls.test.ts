import { describe, expect, it } from "vitest";
import { pairedCalls } from "../../../src/chat/paired-calls.ts";
import type { ChatMessage } from "../../../src/chat/request.ts";

const user: ChatMessage = { role: "user", content: [{ type: "text", text: "Go on", param: "messages" }] };
const result = (toolCallId: string): ChatMessage => ({ role: "tool", toolCallId, content: [] });
const turn = (...ids: string[]): ChatMessage => ({
  ...{ role: "assistant", content: [], reasoning: [] },
  toolCalls: ids.map((id) => ({ id, name: "read", arguments: "{}", param: "messages" })),
});

/** Of each call, and of what answers it. */
function idsOf(messages: readonly ChatMessage[]): string[] {
  return messages.flatMap((message) => {
    if (message.role === "tool") return message.toolCallId;
    return message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [];
  });
}

describe("a history for OpenAI's APIs", () => {
  const long = (end: string) => `call_${"x".repeat(80)}|fc_${end}`;

  it("is the very same where nothing is wrong with it", () => {
    const messages = [user, turn("a", "b"), result("b"), result("a"), user];
    expect(pairedCalls(messages)).toBe(messages);
  });

  it("has ids of at most 40 characters, each its own, and the same in the next turn", () => {
    const first = [user, turn(long("1"), "b", long("2")), result(long("2")), result("b"), result(long("1"))];
    const ids = idsOf(pairedCalls(first));
    expect(ids.every(({ length }) => length <= 40)).toBe(true);
    const [one, other, two, ...results] = ids;
    expect(other).toBe("b");
    expect(results).toEqual([two, "b", one]);
    expect(new Set(ids).size).toBe(3);
    const later = idsOf(pairedCalls([...first, turn(long("3")), result(long("3"))]));
    expect(later.slice(0, ids.length)).toEqual(ids);
    expect(new Set(later).size).toBe(4);
    // Nor does it matter what stood before, as where a session's past was cut.
    expect(idsOf(pairedCalls([user, turn(long("3")), result(long("3"))]))).toEqual(later.slice(-2));
    expect(idsOf(pairedCalls([user, turn("🦞".repeat(40))]))[0]).toMatch(/^(?:🦞){16}_[0-9a-z]{1,7}$/u);
  });
});
