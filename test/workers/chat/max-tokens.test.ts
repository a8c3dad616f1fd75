import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { estimateTokens, fitMaxTokens } from "../../../src/chat/tokens.ts";
import { parseChat } from "../../../src/dialects/openai-chat/client/parse.ts";
import { claudeAnswer, json, playUpstream } from "../../support/upstream.ts";
import { CLAUDE, chat, envOf, GPT, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const saying = (characters: number) =>
  parseChat({ messages: [{ role: "user", content: "x".repeat(characters) }] });

describe("estimateTokens", () => {
  it("counts a token for every four characters of text, rounded up", () => {
    expect([0, 1, 4, 5, 400].map((characters) => estimateTokens(saying(characters)))).toEqual([
      0, 1, 1, 2, 100,
    ]);
  });

  it("counts every text of the conversation, calls and tool schemas, but no images", () => {
    const parameters = { type: "object", properties: { path: { type: "string" } } };
    const request = parseChat({
      messages: [
        { role: "system", content: "ab" },
        {
          role: "user",
          content: [
            { type: "text", text: "cd" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(4000)}` } },
          ],
        },
        {
          role: "assistant",
          content: "e",
          tool_calls: [{ id: "1", type: "function", function: { name: "read", arguments: '{"path":"f"}' } }],
        },
        { role: "tool", tool_call_id: "1", content: "ghi" },
      ],
      tools: [{ type: "function", function: { name: "read", description: "Reads", parameters } }],
    });
    const characters = "ab cd e read ghi read Reads".replaceAll(" ", "").length + '{"path":"f"}'.length;
    expect(estimateTokens(request)).toBe(Math.ceil((characters + JSON.stringify(parameters).length) / 4));
  });
});

describe("fitMaxTokens", () => {
  // 400 characters are 100 tokens, and 100 are kept back.
  const request = saying(400);

  it.each([
    ["fits", 800, 1000, { maxTokens: 800, lowered: false }],
    ["is one too many", 801, 1000, { maxTokens: 800, lowered: true }],
    ["is far too many", 64_000, 1000, { maxTokens: 800, lowered: true }],
    ["would leave just enough", 4096, 456, { maxTokens: 256, lowered: true }],
    ["would leave too little, so the upstream judges", 4096, 455, { maxTokens: 4096, lowered: false }],
    ["would leave nothing, so the upstream judges", 4096, 50, { maxTokens: 4096, lowered: false }],
    ["is small where little is left", 10, 300, { maxTokens: 10, lowered: false }],
  ])("a number that %s: %i of %i", (_, wanted, limit, fitted) => {
    expect(fitMaxTokens(request, wanted, limit)).toEqual(fitted);
  });

  it("changes nothing without a known context_limit, and invents no number", () => {
    expect(fitMaxTokens(request, 1e9, undefined)).toEqual({ maxTokens: 1e9, lowered: false });
    expect(fitMaxTokens(request, undefined, 1000)).toEqual({ maxTokens: undefined, lowered: false });
  });

  it("never raises a number, never goes below 256 on its own, and says when it lowered", () => {
    const number = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(fc.nat(8000), number, number, (characters, wanted, limit) => {
        const { maxTokens = 0, lowered } = fitMaxTokens(saying(characters), wanted, limit);
        expect(maxTokens).toBeLessThanOrEqual(wanted);
        expect(lowered).toBe(maxTokens !== wanted);
        if (!lowered) return;
        expect(maxTokens).toBeGreaterThanOrEqual(256);
        expect(Math.ceil(characters / 4) + maxTokens + 100).toBe(limit);
      }),
    );
  });
});

describe("the number of output tokens that goes upstream", () => {
  const messages = [{ role: "user", content: "x".repeat(400) }];

  async function sent(model: object, body: object) {
    const calls = playUpstream("base_url" in model ? json({ choices: [] }) : claudeAnswer("Hello"));
    const response = await chat(envOf({ llms: { m: model } }), { messages, ...body });
    expect(response.status).toBe(200);
    return { body: calls[0]?.body, dropped: response.headers.get("x-router-dropped-params") };
  }

  it.each([
    ["the client's max_tokens", {}, { max_tokens: 7 }, 7],
    ["the client's max_completion_tokens", {}, { max_completion_tokens: 7, max_tokens: 9 }, 7],
    ["the client's before the target's", { max_tokens: 99 }, { max_tokens: 7 }, 7],
    ["else the target's", { max_tokens: 99 }, {}, 99],
    ["else 32,000, which the quota is charged for at the start", {}, {}, 32_000],
    [
      "else 4096",
      { model: "arn:aws:bedrock:us-east-1:1:application-inference-profile/x", family: "anthropic" },
      {},
      4096,
    ],
  ])("is %s", async (_, target, body, expected) => {
    const { body: upstream, dropped } = await sent({ ...CLAUDE, ...target }, body);
    expect(upstream).toMatchObject({ max_tokens: expected });
    expect(dropped).toBeNull();
  });

  it("is lowered against a known context_limit, which x-router-dropped-params tells", async () => {
    const { body, dropped } = await sent({ ...CLAUDE, context_limit: 1000 }, { max_tokens: 5000 });
    expect(body).toMatchObject({ max_tokens: 800 });
    expect(dropped).toBe("max_tokens");
  });

  it("is lowered silently where nobody asked for a number", async () => {
    const { body, dropped } = await sent({ ...CLAUDE, context_limit: 1000 }, {});
    expect(body).toMatchObject({ max_tokens: 800 });
    expect(dropped).toBeNull();
  });

  it("is lowered for an OpenAI-compatible model too, in the field that the client used", async () => {
    const model = { ...GPT, context_limit: 1000 };
    for (const field of ["max_tokens", "max_completion_tokens"]) {
      vi.restoreAllMocks();
      const { body, dropped } = await sent(model, { [field]: 5000 });
      expect(body).toEqual({ model: "acme/gpt", messages, [field]: 800 });
      expect(dropped).toBe(field);
    }
  });

  it("is not invented for an OpenAI-compatible model", async () => {
    const { body, dropped } = await sent(GPT, {});
    expect(body).toEqual({ model: "acme/gpt", messages });
    expect(dropped).toBeNull();
  });
});
