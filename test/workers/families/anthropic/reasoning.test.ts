import { describe, expect, it } from "vitest";
import { anthropic } from "../../../../src/families/anthropic/index.ts";
import type { ChatRequest } from "../../../../src/chat/request.ts";
import { bedrockTarget, chat } from "../../../support/bedrock.ts";
import { called, SONNET_4, tool } from "../../../support/claude-requests.ts";

const THOUGHT = { kind: "signed", text: "hm", signature: "c2ln" } as const;
const BLOCK = { type: "thinking", thinking: "hm", signature: "c2ln" };

/** A tool turn in its second step, with the reasoning of the first. */
function recalled(body: object = {}): ChatRequest {
  const request = chat({ messages: called(), tools: [tool("look")], reasoning_effort: "high", ...body });
  return {
    ...request,
    messages: request.messages.map((message) =>
      message.role === "assistant" ? { ...message, reasoning: [THOUGHT] } : message,
    ),
  };
}

describe("recalled reasoning", () => {
  it("goes first in its turn, unchanged, and lets the model think on", () => {
    const { body, dropped } = anthropic.encode(recalled(), bedrockTarget(SONNET_4));
    expect(body.thinking).toMatchObject({ type: "enabled" });
    expect(dropped).toEqual([]);
    expect(body.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", content: [BLOCK, { type: "tool_use", id: "c1" }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "c1" }] },
    ]);
  });

  it("is left out of a turn that may not think", () => {
    const request = recalled({ tool_choice: "required" });
    const { body } = anthropic.encode(request, bedrockTarget(SONNET_4));
    expect(body).not.toHaveProperty("thinking");
    expect(JSON.stringify(body.messages)).not.toContain("signature");
  });

  it("leaves no empty turn where a turn was nothing else", () => {
    const [first] = called();
    const request = chat({ messages: [first, { role: "assistant", content: "" }, first] });
    const messages = request.messages.map((message) =>
      message.role === "assistant" ? { ...message, reasoning: [THOUGHT] } : message,
    );
    const { body } = anthropic.encode({ ...request, messages }, bedrockTarget(SONNET_4));
    expect(body.messages).toMatchObject([{ role: "user", content: [{ type: "text" }, { type: "text" }] }]);
  });

  it("has to be there for every step of the turn", () => {
    const request = recalled();
    const more = chat({
      messages: [...called(), ...called().slice(1)],
      tools: [tool("look")],
    }).messages.slice(3);
    const { body, dropped } = anthropic.encode(
      { ...request, messages: [...request.messages, ...more] },
      bedrockTarget(SONNET_4),
    );
    expect(body).not.toHaveProperty("thinking");
    expect(dropped).toEqual(["reasoning_effort"]);
  });
});
