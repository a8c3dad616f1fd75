import { describe, expect, it } from "vitest";
import { withCachePoints } from "../../../src/chat/cache-points.ts";
import { parseChat } from "../../../src/dialects/openai-chat/client/parse.ts";

const tool = (name: string) => ({ type: "function", function: { name } });
const points = (body: object) => {
  const { tools, messages } = withCachePoints(parseChat(body));
  return {
    tools: tools.map((t) => t.cacheControl !== undefined),
    messages: messages.map((m) => m.content.map((p) => p.type !== "other" && p.cacheControl !== undefined)),
  };
};

describe("withCachePoints", () => {
  it("sets points after the tools, the system text, the last user turn and the newest tool results", () => {
    const body = {
      tools: [tool("a"), tool("b")],
      messages: [
        { role: "system", content: "one" },
        { role: "user", content: "first" },
        { role: "assistant", content: "answer" },
        {
          role: "user",
          content: [
            { type: "text", text: "second" },
            { type: "text", text: " " },
          ],
        },
        { role: "assistant", content: null, tool_calls: [{ id: "c", function: { name: "a" } }] },
        { role: "tool", tool_call_id: "c", content: "result" },
      ],
    };
    expect(points(body)).toEqual({
      tools: [false, true],
      messages: [[true], [false], [false], [true, false], [], [true]],
    });
  });

  it("leaves a request alone that has points of its own", () => {
    const hint = { type: "ephemeral", ttl: "1h" };
    const body = {
      tools: [tool("a")],
      messages: [
        { role: "user", content: [{ type: "text", text: "x", cache_control: hint }] },
        { role: "user", content: "y" },
      ],
    };
    expect(points(body)).toEqual({ tools: [false], messages: [[true], [false]] });
  });

  it("needs neither tools nor a system text", () => {
    expect(points({ messages: [{ role: "user", content: "x" }] })).toEqual({ tools: [], messages: [[true]] });
  });
});
